package streams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
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
	msg, err := c.nc.RequestWithContext(ctx, describeAsk, image)
	if errors.Is(err, nats.ErrNoResponders) {
		return nil, Blame(Infrastructure, ErrNoDescriber)
	}
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("ask for a description: %w", err))
	}
	text := msg.Header.Get(micro.ErrorCodeHeader)
	if text == "" {
		return msg.Data, nil
	}
	code, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("describe a face: %s", msg.Header.Get(micro.ErrorHeader))
	}
	return nil, &Refusal{code, msg.Header.Get(micro.ErrorHeader)}
}

// ServeDescriber answers Describe with handle, one picture after another, until ctx is done. An error of handle that is
// no *Refusal is logged, and the caller hears only that it failed.
func (c *Conn) ServeDescriber(ctx context.Context, handle func(image []byte) ([]byte, error)) error {
	service, err := micro.AddService(c.nc, micro.Config{
		Name: "selene-describer", Version: "1.0.0", Description: "describes reference faces",
		Endpoint: &micro.EndpointConfig{Subject: describeAsk, Handler: micro.HandlerFunc(func(r micro.Request) {
			if err := describe(r, handle); err != nil {
				slog.Warn("answer with a description", "error", err)
			}
		})},
	})
	if err != nil {
		return fmt.Errorf("offer to describe faces: %w", err)
	}
	<-ctx.Done()
	if err := service.Stop(); err != nil {
		slog.Warn("withdraw describer", "error", err)
	}
	return nil
}

// describeFailed is the code of what is no fault of the picture.
const describeFailed = "failed"

func describe(r micro.Request, handle func(image []byte) ([]byte, error)) error {
	description, err := handle(r.Data())
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		return r.Error(strconv.Itoa(refusal.Code), refusal.Reason, nil)
	case err != nil:
		slog.Error("describe a reference face", "error", err)
		return r.Error(describeFailed, "the log of the matcher says why", nil)
	}
	return r.Respond(description)
}
