package streams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

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
	changed, err := c.Request(ctx, ServiceRerunner, order)
	var failed *ServiceError
	switch {
	case errors.Is(err, ErrNoService):
		return nil, Blame(Infrastructure, ErrNoRerunner)
	case errors.As(err, &failed) && failed.Code == rerunNotFound:
		return nil, fmt.Errorf("session %s: %w", o.Session, ErrNotFound)
	case err != nil:
		return nil, fmt.Errorf("judge session %s again: %w", o.Session, err)
	}
	return changed, nil
}

// rerunNotFound is the code of an order for a session that is not stored.
const rerunNotFound = "not_found"

// ServeReruns carries out orders with handle, one after another, until ctx is done.
func (c *Conn) ServeReruns(ctx context.Context, handle func(context.Context, RerunOrder) ([]byte, error)) error {
	return c.Serve(ctx, ServiceRerunner, func(ctx context.Context, order []byte) ([]byte, error) {
		result, err := rerun(ctx, order, handle)
		switch {
		case errors.Is(err, ErrNotFound):
			return nil, &ServiceError{rerunNotFound, err.Error()}
		case err != nil:
			return nil, &ServiceError{ServiceFailed, err.Error()}
		}
		return result, nil
	})
}

func rerun(ctx context.Context, order []byte, handle func(context.Context, RerunOrder) ([]byte, error)) ([]byte, error) {
	var o RerunOrder
	err := json.Unmarshal(order, &o)
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
	if err != nil {
		return nil, err
	}
	return handle(ctx, o)
}
