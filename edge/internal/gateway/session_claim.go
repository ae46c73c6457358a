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

// claim claims the session for this gateway, or changes nothing. The error is sessions.ErrBusy for a session that is live on another
// socket, and errSessionEnded for one that has ended since it was admitted.
func (g *Gateway) claim(ctx context.Context, a *admission) (*claim, error) {
	decider, err := g.conn.AskDecider(ctx)
	if err != nil {
		return nil, err
	}
	presence, err := g.sessions.Claim(ctx, a.id, g.name, timeoutOf(a.settings))
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

// undo releases the session. It expires as if its socket had just closed.
func (c *claim) undo(ctx context.Context) {
	if c.inbox != nil {
		c.inbox.Close()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), brokerTimeout)
	defer cancel()
	c.presence.Connected = false
	if err := c.sessions.Refresh(ctx, c.id, c.presence, timeoutOf(c.settings)); err != nil {
		slog.Warn("release session", "session", c.id, "error", err)
	}
}
