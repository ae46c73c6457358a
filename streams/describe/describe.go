// Package describe turns pictures of faces into the descriptions that sessions are compared with. The matcher serves the
// requests of edges and of reruns.
package describe

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/selene-liveness/selene/streams"
)

// timeout bounds one request.
const timeout = 5 * time.Second

// ErrNoDescriber is returned when no process can describe a face.
var ErrNoDescriber = errors.New("no process is running that can describe a face: start `selene worker matcher` with a pack that can")

// Refusal is the reason why a picture cannot serve as a reference face.
type Refusal struct {
	Code   int // check or system code: 8 no face, 9 more than one, 12 too small, 1002 not a picture
	Reason string
}

func (r *Refusal) Error() string { return r.Reason }

// Face returns the description of the one face in a picture, JPEG or PNG: the state that the matcher compares a session
// with. It returns a *Refusal when the picture does not show exactly one usable face.
func Face(ctx context.Context, conn *streams.Conn, image []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	description, err := conn.Request(ctx, streams.ServiceDescriber, image)
	if errors.Is(err, streams.ErrNoService) {
		return nil, streams.Blame(streams.Infrastructure, ErrNoDescriber)
	}
	var failed *streams.ServiceError
	if !errors.As(err, &failed) {
		return description, err
	}
	code, err := strconv.Atoi(failed.Code)
	if err != nil {
		return nil, errors.New("describe a face: the matcher failed, see its log")
	}
	return nil, &Refusal{code, failed.Reason}
}

// Serve answers Face with handle, one picture after another, until ctx is done. An error of handle that is not a *Refusal is
// logged, and the caller learns only that the request failed.
func Serve(ctx context.Context, conn *streams.Conn, handle func(image []byte) ([]byte, error)) error {
	return conn.Serve(ctx, streams.ServiceDescriber, func(_ context.Context, image []byte) ([]byte, error) {
		description, err := handle(image)
		var refusal *Refusal
		if errors.As(err, &refusal) {
			return nil, &streams.ServiceError{Code: strconv.Itoa(refusal.Code), Reason: refusal.Reason}
		}
		return description, err
	})
}
