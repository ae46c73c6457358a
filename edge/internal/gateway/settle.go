package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// workTime is how long a frame is worth waiting for. Detectors do not begin with older ones.
const workTime = time.Minute

var errUnsettled = errors.New("the frame before is still with a detector, so this one is not published")

// settle waits until the frame before has left the detectors, and takes up the session's state after it. A frame that takes a
// detector very long costs its own session alone: no other detector gets one of that session meanwhile. end is the last decision, if
// the session has ended.
func (s *session) settle(ctx context.Context) (end *schemas.Decision, err error) {
	for range maxWaits {
		last, err := s.gateway.sessions.OwnLastDecision(ctx, s.id)
		switch {
		case errors.Is(err, streams.ErrNotFound):
		case err != nil:
			return nil, err
		case last.GetOutcome().Terminal():
			return last, nil
		case later(last, s.state):
			s.state = last.GetState()
		}
		held, err := s.isHeld(ctx)
		if err != nil {
			return nil, err
		}
		if !held {
			s.unsettled = false
			return nil, nil
		}
		s.await(ctx, nil)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return nil, errUnsettled
}

// isHeld reports whether the session's newest frame may be with a detector.
func (s *session) isHeld(ctx context.Context) (bool, error) {
	newest, err := s.gateway.sessions.LastFrame(ctx, s.id)
	if errors.Is(err, streams.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	f := newest.Message
	if f.GetName().GetSequence() <= s.state.GetSequence() || time.Since(time.Unix(0, f.GetReceivedUnixNanos())) > workTime {
		return false, nil
	}
	return s.isUnderWay(ctx, f.GetDecider(), f.GetName())
}
