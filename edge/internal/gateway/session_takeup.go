package gateway

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/objects"
)

const seedBytes = 16

// takeUp begins or resumes the claimed session on this socket. After an error the caller must undo the claim.
func (s *session) takeUp(ctx context.Context, c *claim, device *schemas.Device) error {
	g := s.gateway
	if err := g.signer.Weakness(); err != nil && !c.settings.Development() {
		return fmt.Errorf("%w: sessions in production need a better one", err)
	}
	state, kind := c.state, schemas.SessionEventKind_SESSION_RESUMED
	if state == nil {
		state, kind = newState(c.revision, c.subject, device), schemas.SessionEventKind_SESSION_OPENED
		if c.ticket != nil {
			if err := g.sessions.UseTicket(ctx, c.ticket); err != nil {
				return err
			}
			state.Workers, state.Nonce = c.ticket.Workers, c.ticket.Nonce
			if c.ticket.HasFace {
				state.Reference = objects.ReferenceName(c.id)
			}
		}
		state.Label = c.label
		if err := g.begin(ctx, c.admission); err != nil {
			return err
		}
	}
	if err := g.announce(ctx, c.id, kind, state, 0); err != nil {
		return err
	}
	s.id, s.settings, s.decider, s.state, s.inbox = c.id, c.settings, c.decider, state, c.inbox
	s.unsettled = !c.fresh
	s.presence = g.keep(c.id, c.presence, timeoutOf(c.settings), s.onLost)
	return nil
}

func newState(revision uint64, subject string, d *schemas.Device) *schemas.SessionState {
	seed := make([]byte, seedBytes)
	rand.Read(seed)
	return &schemas.SessionState{
		SettingsRevision: revision, Seed: seed, OpenedUnixNanos: time.Now().UnixNano(), Device: d, Subject: subject,
	}
}
