package account

import (
	"errors"
	"fmt"
)

// Reasons to refuse a request. Each error of the package wraps one of them, or comes from package streams.
var (
	ErrUnauthenticated = errors.New("not logged in")
	ErrForbidden       = errors.New("not allowed")
	ErrConflict        = errors.New("conflict with the current state")
	ErrInvalid         = errors.New("invalid")
	ErrBusy            = errors.New("too many logins at the same time: try again in a few seconds")
)

// refusal is an error of one of the kinds above with its own text.
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

// lacks returns an error that names the missing right.
func lacks(right Right, why string) error {
	text := fmt.Sprintf("the right %s is required", right)
	if why != "" {
		text += " " + why
	}
	return &refusal{ErrForbidden, text}
}
