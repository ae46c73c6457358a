package gateway

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// shortestTTL is the shortest time to live of a key in the broker.
const shortestTTL = time.Second

// release publishes that the socket is gone. It comes before the close frame: the client may connect elsewhere at once.
func (s *session) release(ctx context.Context, c *closure) {
	if s.id == "" {
		return
	}
	s.inbox.Close()
	ctx, cancel := context.WithTimeout(ctx, brokerTimeout)
	defer cancel()
	presence := s.presence.stop()
	var err error
	switch {
	case c.elsewhere:
		return
	case c.outcome.Terminal():
		// If this fails, the presence expires, and then the deciders announce the end.
		if err = s.gateway.announce(
			ctx,
			s.id,
			schemas.SessionEventKind_SESSION_CLOSED,
			s.state,
			c.outcome,
		); err == nil {
			err = s.gateway.sessions.Forget(ctx, s.id)
		}
	default:
		ttl := timeoutOf(s.settings)
		if c.idle {
			ttl = shortestTTL // the timeout has passed already
		}
		presence.Connected = false
		err = errors.Join(
			s.gateway.sessions.Refresh(ctx, s.id, presence, ttl),
			s.gateway.announce(ctx, s.id, schemas.SessionEventKind_SESSION_DISCONNECTED, s.state, 0))
	}
	if err != nil {
		slog.Warn("release session", "session", s.id, "error", err)
	}
}

// announce publishes a step of a session.
func (g *Gateway) announce(
	ctx context.Context, id string, kind schemas.SessionEventKind, state *schemas.SessionState, outcome schemas.Outcome,
) error {
	return g.conn.PublishSessionEvent(ctx, &schemas.SessionEvent{
		Version: schemas.Version, Session: id, Kind: kind, AtUnixNanos: time.Now().UnixNano(), Edge: g.name,
		SettingsRevision: state.GetSettingsRevision(), Outcome: outcome, Label: state.GetLabel(),
	})
}
