package streams

import (
	"context"
	"errors"
	"strconv"
)

// ErrNoDescriber is returned when no process can describe a face.
var ErrNoDescriber = errors.New("nobody is there to describe a face: start `selene worker matcher` with a pack that can")

// Refusal says why a picture cannot serve as a reference face.
type Refusal struct {
	Code   int // check or system code: 8 no face, 9 more than one, 12 too small, 1002 no picture
	Reason string
}

func (r *Refusal) Error() string { return r.Reason }

// Describe turns a picture of one face, JPEG or PNG, into the state that the matcher compares a session with. It is a
// *Refusal when the picture does not show exactly one usable face.
func (c *Conn) Describe(ctx context.Context, image []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	description, err := c.Request(ctx, ServiceDescriber, image)
	if errors.Is(err, ErrNoService) {
		return nil, Blame(Infrastructure, ErrNoDescriber)
	}
	var failed *ServiceError
	if !errors.As(err, &failed) {
		return description, err
	}
	code, err := strconv.Atoi(failed.Code)
	if err != nil {
		return nil, errors.New("describe a face: the matcher failed, see its log")
	}
	return nil, &Refusal{code, failed.Reason}
}

// ServeDescriber answers Describe with handle, one picture after another, until ctx is done. An error of handle that is
// no *Refusal is logged, and the caller hears only that it failed.
func (c *Conn) ServeDescriber(ctx context.Context, handle func(image []byte) ([]byte, error)) error {
	return c.Serve(ctx, ServiceDescriber, func(_ context.Context, image []byte) ([]byte, error) {
		description, err := handle(image)
		var refusal *Refusal
		if errors.As(err, &refusal) {
			return nil, &ServiceError{strconv.Itoa(refusal.Code), refusal.Reason}
		}
		return description, err
	})
}
