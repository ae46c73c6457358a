package gateway

import (
	"context"
	"errors"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// errEnded is returned for a session that has its last decision.
var errEnded = errors.New("session has ended")

// resume is the state a session stood at, or nil for one on which nothing was decided yet.
func (g *Gateway) resume(ctx context.Context, id string) (*schemas.SessionState, error) {
	last, err := g.conn.OwnLastDecision(ctx, id)
	switch {
	case errors.Is(err, streams.ErrNotFound):
		return nil, nil
	case errors.Is(err, streams.ErrImported): // whose state is what somebody said it was
		return nil, errEnded
	case err != nil:
		return nil, err
	case last.GetOutcome().Terminal():
		return nil, errEnded
	}
	return last.GetState(), nil
}

// whyNot is what the client hears about a session it cannot have.
func whyNot(err error) string {
	for _, why := range []error{errEnded, streams.ErrTicket} {
		if errors.Is(err, why) {
			return why.Error()
		}
	}
	return streams.ErrBusy.Error()
}
