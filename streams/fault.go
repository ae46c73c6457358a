package streams

import "errors"

// Fault is the cause of an error. It alone decides whether a message is tried again.
type Fault int

// The faults. An error without one is a bug.
const (
	Bug            Fault = iota // our code: tried again a few times, then set aside
	Input                       // the message: set aside at once
	Infrastructure              // the broker or a disk: tried again with growing delays
	Model                       // a model that cannot run: set aside at once
)

func (f Fault) String() string {
	return [...]string{"bug", "input", "infrastructure", "model"}[f]
}

type faultError struct {
	fault Fault
	error
}

func (e *faultError) Unwrap() error { return e.error }

// Blame marks an error with its fault. A nil error stays nil.
func Blame(f Fault, err error) error {
	if err == nil {
		return nil
	}
	return &faultError{f, err}
}

// FaultOf returns the fault that an error was marked with, Bug if none.
func FaultOf(err error) Fault {
	var e *faultError
	if errors.As(err, &e) {
		return e.fault
	}
	return Bug
}
