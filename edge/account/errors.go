package account

import (
	"errors"
	"fmt"
)

// What a request can be refused for. Each error wraps one of them, or comes from package streams.
var (
	ErrUnauthenticated = errors.New("not logged in")
	ErrForbidden       = errors.New("not allowed")
	ErrConflict        = errors.New("cannot be done as things are")
	ErrInvalid         = errors.New("invalid")
	ErrBusy            = errors.New("too many log-ins at the same time: try again in a moment")
)

// refusal is an error whose text says it all, of one of the kinds above.
type refusal struct {
	kind error
	text string
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.kind }

func conflict(format string, args ...any) error {
	return &refusal{ErrConflict, fmt.Sprintf(format, args...)}
}

func invalid(what, why string) error { return &refusal{ErrInvalid, what + ": " + why} }

// lacks names the right that is missing.
func lacks(right Right, why string) error {
	text := fmt.Sprintf("the right %s is needed", right)
	if why != "" {
		text += " " + why
	}
	return &refusal{ErrForbidden, text}
}
