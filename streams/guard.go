package streams

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
)

// PanicError is a panic that [Guard] turned into an error. Its text leaves out the stack, which may only be shown to
// operators.
type PanicError struct {
	Value any
	Stack string // from the function that panicked outwards
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Guard calls f and returns its error, or a *PanicError if it panics, so that one message cannot stop the others.
func Guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{p, stackOf(debug.Stack())}
		}
	}()
	return f()
}

// stackOf leaves out the frames that every recovered panic has: of recovering, and of the panic itself.
func stackOf(stack []byte) string {
	_, after, found := strings.Cut(string(stack), "\npanic(")
	if !found {
		return string(stack)
	}
	_, after, _ = strings.Cut(after, "\n") // the arguments of panic
	_, after, _ = strings.Cut(after, "\n") // its file and line
	return after
}

// StackAttr returns the stack of the panic that caused err as an attribute of a log line. A logger leaves it out where err
// has another cause.
func StackAttr(err error) slog.Attr {
	var p *PanicError
	if errors.As(err, &p) {
		return slog.String("stack", p.Stack)
	}
	return slog.Attr{}
}
