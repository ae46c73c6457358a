package lpproto

import "fmt"

// Error is a mistake in what the other side sent.
type Error struct {
	Code   int    // the system code that answers it
	Detail string // what was wrong, for a log; never sent
}

func (e *Error) Error() string {
	return fmt.Sprintf("lpproto: %s (%d): %s", CodeName(e.Code), e.Code, e.Detail)
}

func newError(code int, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

func malformed(format string, args ...any) *Error {
	return newError(CodeMalformed, format, args...)
}
