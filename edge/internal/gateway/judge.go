package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// maxWaits is how many times the gateway waits for a decision on a frame, and limits how often a frame is published.
const maxWaits = 3

var errUndecided = errors.New("no decision on the frame came in time: check that a detector, the workers and a decider are running")

// errQuota ends a session of which too much is stored.
var errQuota = errors.New("the images of the session take more than SELENE_BYTES_PER_SESSION")

// judge publishes the image and waits for the decision on it. If none comes in time, it reads the session's last decision.
// That may be the one, and only the reply was lost; or another edge's frame came first, and this frame follows it. Otherwise
// another decider is tried, unless no worker has finished with the frame yet: then a copy of it would only cost time of another
// worker, and the broker gives the frame itself to another one if that worker is gone.
func (s *session) judge(ctx context.Context, p *picture) (*schemas.Decision, error) {
	if s.unsettled {
		if end, err := s.settle(ctx); end != nil || err != nil {
			return end, err
		}
	}
	var published []*schemas.FrameName
	underWay := false
	for range maxWaits {
		if !underWay {
			s.unsettled = true
			name, err := s.publish(ctx, p, len(published))
			if err != nil {
				return nil, err
			}
			published = append(published, name)
		}
		if d := s.await(ctx, published); d != nil {
			s.unsettled = false
			return d, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		last, err := s.gateway.sessions.OwnLastDecision(ctx, s.id)
		switch {
		case errors.Is(err, streams.ErrNotFound):
		case err != nil:
			return nil, err
		case isOneOf(published, last):
			s.unsettled = false
			return last, nil
		case later(last, s.state):
			if last.GetOutcome().Terminal() {
				return last, nil
			}
			s.state, underWay = last.GetState(), false
			continue // the decider is alive
		}
		if underWay, err = s.isUnderWay(ctx, s.decider, published[len(published)-1]); err != nil {
			return nil, err
		}
		if underWay {
			continue
		}
		if s.decider, err = s.gateway.conn.AskDecider(ctx); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w (published %d times)", errUndecided, len(published))
}

// publish stores the image as a frame that was published so many times before.
func (s *session) publish(ctx context.Context, p *picture, before int) (*schemas.FrameName, error) {
	if before > 0 {
		s.gateway.metrics.again.Inc()
	}
	s.state.StoredBytes += uint64(len(p.data))
	if s.state.GetStoredBytes() > s.gateway.config.MaxStored {
		return nil, errQuota
	}
	name := &schemas.FrameName{Session: s.id, Sequence: s.state.GetSequence() + 1, Nonce: s.gateway.nonce()}
	sequence, err := s.gateway.conn.PublishFrame(ctx, &schemas.Frame{
		Version: schemas.Version, Name: name, MediaType: p.mediaType, Image: p.data, ReceivedUnixNanos: p.received.UnixNano(),
		Decider: s.decider, State: s.state, Attempt: uint32(before), //nolint:gosec // bounded by the tries of a frame
	})
	p.sequence = sequence
	return name, err
}

// isUnderWay reports whether a frame that names a decider still waits for a verdict, in the queue or in a detector.
func (s *session) isUnderWay(ctx context.Context, decider string, name *schemas.FrameName) (bool, error) {
	v, err := s.gateway.sessions.LastVerdict(ctx, decider, schemas.WorkerDetector, s.id)
	if errors.Is(err, streams.ErrNotFound) {
		return true, nil
	}
	return !v.GetName().Equal(name), err
}

// await returns the decision on one of the frames, or nil if none came in time or the session has moved on without them.
func (s *session) await(ctx context.Context, published []*schemas.FrameName) *schemas.Decision {
	ctx, cancel := context.WithTimeout(ctx, s.deadline())
	defer cancel()
	for {
		d, err := s.inbox.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil: // unreadable; the stored decision may not be
			return nil
		case isOneOf(published, d):
			return d
		case later(d, s.state):
			return nil
		}
	}
}

// deadline returns how long to wait for a decision. It leaves the decider time to give up on the slowest worker.
func (s *session) deadline() time.Duration {
	longest := s.gateway.config.Deadline
	for _, w := range s.settings.Workers {
		longest = max(longest, seconds(w.Timeout)+time.Second)
	}
	return longest
}

func isOneOf(names []*schemas.FrameName, d *schemas.Decision) bool {
	return slices.ContainsFunc(names, d.GetName().Equal)
}

// later reports whether a decision came after the one that led to a state.
func later(d *schemas.Decision, s *schemas.SessionState) bool {
	return d.GetState().GetLastDecision() > s.GetLastDecision()
}

func (g *Gateway) nonce() string { return fmt.Sprintf("%s-%d", g.name, g.nonces.Add(1)) }
