package gateway

import (
	"context"
	"log/slog"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
)

// claim is a session that no other socket can have.
type claim struct {
	*admission
	sessions *sessions.Store
	decider  string
	presence *sessions.Presence
	inbox    *streams.Inbox
}

// claim claims the session for this gateway, or changes nothing. The error is sessions.ErrKey for a client that does not have its
// secret, sessions.ErrBusy for a session that is live on another socket, and errSessionEnded for one that has ended since it was
// admitted.
func (g *Gateway) claim(ctx context.Context, a *admission) (*claim, error) {
	decider, err := g.conn.AskDecider(ctx)
	if err != nil {
		return nil, err
	}
	presence, err := g.sessions.Claim(ctx, a.id, g.name, timeoutOf(a.settings), g.keyOf(a))
	if err != nil {
		return nil, err
	}
	c := &claim{admission: a, sessions: g.sessions, decider: decider, presence: presence}
	if c.inbox, err = g.conn.OpenInbox(a.id); err == nil {
		err = g.locate(ctx, a) // until the claim, the session could continue at another edge
	}
	if err != nil {
		c.undo(ctx)
		return nil, err
	}
	return c, nil
}

// keyOf returns what the client shows to get the session, or nil if it has the session's ticket.
func (g *Gateway) keyOf(a *admission) *sessions.Key {
	if a.ticket != nil {
		return nil
	}
	lenient := g.config.NeedsSecret != nil && !g.config.NeedsSecret(a.settings)
	return &sessions.Key{Secret: a.secret, Known: a.state != nil, Lenient: lenient}
}

// undo releases the session. It expires as if its socket had just closed.
func (c *claim) undo(ctx context.Context) {
	if c.inbox != nil {
		c.inbox.Close()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), brokerTimeout)
	defer cancel()
	if err := c.sessions.Unclaim(ctx, c.id, c.presence, timeoutOf(c.settings)); err != nil {
		slog.Warn("release session", "session", c.id, "error", err)
	}
}
