package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// admit is the ticket of the session a client asks for, or nil for one that was made without. A session with a ticket
// needs its token each time a socket takes it up, and a token that is shown must be the session's: else it is
// streams.ErrTicket.
func (g *Gateway) admit(ctx context.Context, r lpproto.ConnectRequest) (*streams.Ticket, error) {
	if r.SessionID != "" {
		ticket, err := g.conn.TicketOf(ctx, r.SessionID)
		if err == nil {
			return ticket, ticket.Check(r.Token, time.Now())
		}
		if !errors.Is(err, streams.ErrNotFound) {
			return nil, err
		}
	}
	if r.Token != "" || g.config.NeedsToken {
		return nil, streams.ErrTicket
	}
	return nil, nil
}

// takeOver gives a new state what was known before the session opened.
func takeOver(s *schemas.SessionState, id string, t *streams.Ticket) {
	s.Workers = t.Workers
	if t.HasFace {
		s.Reference = streams.ReferenceObject(id)
	}
}
