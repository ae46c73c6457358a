package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
)

// admission is a session that a client may have, and its current state.
type admission struct {
	subject  string // whose failures count; empty = nobody's
	id       string
	label    string                // the ID that the client asked for, if that of an earlier session; else empty
	attempts *sessions.Attempts    // to which this session is to be added; nil = to none
	fresh    bool                  // the client named no session
	ticket   *sessions.Ticket      // nil if the session was made without one
	secret   string                // that the client showed to resume the session; empty = none
	state    *schemas.SessionState // after the last decision; nil before the first
	revision uint64                // of settings
	settings *schemas.Settings     // of the session
}

// admit checks that the client may have the session. It changes nothing, and refuses a session that has ended before
// anybody claims it: a claim would keep alive the presence that a dead edge left, and whose expiry announces the end.
func (g *Gateway) admit(ctx context.Context, id, address string, r lpproto.ConnectRequest) (*admission, error) {
	ticket, err := g.ticketFor(ctx, r)
	if err != nil {
		return nil, err
	}
	a := &admission{id: id, subject: g.subjectOf(ticket, address), fresh: r.SessionID == "", ticket: ticket, secret: r.ResumeSecret}
	if err := g.find(ctx, a); err != nil {
		return nil, err
	}
	if a.settings == nil {
		if a.revision, a.settings, err = g.newestSettings(ctx, ticket); err != nil {
			return nil, err
		}
	}
	if ticket == nil && g.config.NeedsToken != nil && g.config.NeedsToken(a.settings) {
		return nil, sessions.ErrTicket
	}
	if a.state != nil { // resumed
		return a, nil
	}
	if err := g.Room(); err != nil {
		return nil, err
	}
	return a, g.checkLockout(ctx, a)
}

// ticketFor returns the ticket of the session that a client requests, or nil for a session that was created without one. A
// session with a ticket needs its token each time a socket takes it up, and a token must match its session; otherwise the
// error is streams.ErrTicket.
func (g *Gateway) ticketFor(ctx context.Context, r lpproto.ConnectRequest) (*sessions.Ticket, error) {
	if r.SessionID != "" {
		ticket, err := g.sessions.TicketOf(ctx, r.SessionID)
		if err == nil {
			return ticket, ticket.Check(r.Token, time.Now())
		}
		if !errors.Is(err, streams.ErrNotFound) {
			return nil, err
		}
	}
	if r.Token != "" {
		return nil, sessions.ErrTicket
	}
	return nil, nil
}

// locate reads the state of the session after its last decision, and the settings it began with. It leaves a as it is
// before the first decision. The error is errErased for an ID that nobody can use any more, and errDecided for a session that ended here.
func (g *Gateway) locate(ctx context.Context, a *admission) error {
	if a.fresh {
		return nil
	}
	last, err := g.sessions.OwnLastDecision(ctx, a.id)
	switch {
	case errors.Is(err, streams.ErrNotFound):
		erased, err := g.conn.Keys().IsErased(ctx, a.id)
		if err == nil && erased {
			err = errErased
		}
		return err
	case errors.Is(err, sessions.ErrImported): // its state comes from outside
		return errSessionEnded
	case err != nil:
		return err
	case last.GetOutcome().Terminal():
		return errDecided
	}
	a.state, a.revision = last.GetState(), last.GetState().GetSettingsRevision()
	a.settings, err = g.settings.At(ctx, a.revision)
	return err
}

// newestSettings returns the newest revision of the variant that the ticket names, or else this gateway.
func (g *Gateway) newestSettings(ctx context.Context, ticket *sessions.Ticket) (uint64, *schemas.Settings, error) {
	variant := g.config.Variant
	if ticket != nil && ticket.Variant != "" {
		variant = ticket.Variant
	}
	newest, err := g.settings.Newest(ctx, variant)
	if err != nil {
		return 0, nil, err
	}
	return newest.Number, newest.Settings, nil
}
