package streams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/selene-liveness/selene/schemas"
)

const rerunAsk = "selene.rerun"

// ErrNoRerunner is returned when no process can have a session judged again.
var ErrNoRerunner = errors.New("nobody is there to judge sessions again: start `selene worker rerun`")

// RerunOrder asks for a session to be judged again by the running workers.
type RerunOrder struct {
	Session  string            `json:"session"`
	Settings *schemas.Settings `json:"settings,omitempty"` // instead of those it was judged by
	Until    time.Time         `json:"until,omitzero"`     // when whoever asks has given up, and nobody needs to work on it; set by Rerun
}

// Rerun has a session judged again and returns what changed, as JSON. It waits as long as ctx allows.
func (c *Conn) Rerun(ctx context.Context, o RerunOrder) (json.RawMessage, error) {
	o.Until, _ = ctx.Deadline()
	order, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode the order: %w", err)
	}
	msg, err := c.nc.RequestWithContext(ctx, rerunAsk, order)
	if errors.Is(err, nats.ErrNoResponders) {
		return nil, Blame(Infrastructure, ErrNoRerunner)
	}
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("have session %s judged again: %w", o.Session, err))
	}
	switch msg.Header.Get(micro.ErrorCodeHeader) {
	case "":
		return msg.Data, nil
	case rerunNotFound:
		return nil, fmt.Errorf("session %s: %w", o.Session, ErrNotFound)
	}
	return nil, fmt.Errorf("have session %s judged again: %s", o.Session, msg.Header.Get(micro.ErrorHeader))
}

// Codes of orders that could not be carried out.
const (
	rerunNotFound = "not_found"
	rerunFailed   = "failed"
)

// ServeReruns carries out orders with handle, one after another, until ctx is done.
func (c *Conn) ServeReruns(ctx context.Context, handle func(context.Context, RerunOrder) ([]byte, error)) error {
	service, err := micro.AddService(c.nc, micro.Config{
		Name: "selene-rerunner", Version: "1.0.0", Description: "has recorded sessions judged again",
		Endpoint: &micro.EndpointConfig{Subject: rerunAsk, Handler: micro.HandlerFunc(func(r micro.Request) {
			if err := answerRerun(ctx, r, handle); err != nil {
				slog.Warn("answer with what a run changed", "error", err)
			}
		})},
	})
	if err != nil {
		return fmt.Errorf("offer to judge sessions again: %w", err)
	}
	<-ctx.Done()
	if err := service.Stop(); err != nil {
		slog.Warn("withdraw rerunner", "error", err)
	}
	return nil
}

func answerRerun(ctx context.Context, r micro.Request, handle func(context.Context, RerunOrder) ([]byte, error)) error {
	var o RerunOrder
	err := json.Unmarshal(r.Data(), &o)
	if err == nil {
		err = CheckSession(o.Session)
	}
	if !o.Until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, o.Until)
		defer cancel()
	}
	if err == nil {
		err = ctx.Err() // it waited too long
	}
	var result []byte
	if err == nil {
		result, err = handle(ctx, o)
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return r.Error(rerunNotFound, err.Error(), nil)
	case err != nil:
		return r.Error(rerunFailed, err.Error(), nil)
	}
	return r.Respond(result)
}
