// Package reruns requests a running `selene worker rerun` to judge a stored session again.
package reruns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// ErrNoRerunner is returned when no process can judge a session again.
var ErrNoRerunner = errors.New("no process is running that can judge sessions again: start `selene worker rerun`")

// codeNotFound is the code of an order for a session that is not stored.
const codeNotFound = "not_found"

// Order judges a session again and returns the changes as JSON. It waits until ctx is done, and sets o.Until to its deadline.
// It returns streams.ErrNotFound for a session that is not stored.
func Order(ctx context.Context, conn *streams.Conn, o schemas.RerunOrder) (json.RawMessage, error) {
	o.Until, _ = ctx.Deadline()
	order, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode the order: %w", err)
	}
	changed, err := conn.Request(ctx, streams.ServiceRerunner, order)
	var failed *streams.ServiceError
	switch {
	case errors.Is(err, streams.ErrNoService):
		return nil, streams.Blame(streams.Infrastructure, ErrNoRerunner)
	case errors.As(err, &failed) && failed.Code == codeNotFound:
		return nil, fmt.Errorf("session %s: %w", o.Session, streams.ErrNotFound)
	case err != nil:
		return nil, fmt.Errorf("judge session %s again: %w", o.Session, err)
	}
	return changed, nil
}

// Serve carries out orders with handle, one after another, until ctx is done.
func Serve(ctx context.Context, conn *streams.Conn, handle func(context.Context, schemas.RerunOrder) ([]byte, error)) error {
	return conn.Serve(ctx, streams.ServiceRerunner, func(ctx context.Context, order []byte) ([]byte, error) {
		result, err := carryOut(ctx, order, handle)
		switch {
		case errors.Is(err, streams.ErrNotFound):
			return nil, &streams.ServiceError{Code: codeNotFound, Reason: err.Error()}
		case err != nil:
			return nil, &streams.ServiceError{Code: streams.ServiceFailed, Reason: err.Error()}
		}
		return result, nil
	})
}

func carryOut(ctx context.Context, order []byte, handle func(context.Context, schemas.RerunOrder) ([]byte, error)) ([]byte, error) {
	var o schemas.RerunOrder
	err := json.Unmarshal(order, &o)
	if err == nil {
		err = streams.CheckSession(o.Session)
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
