package sessions

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/objects"
)

// Ticket is the stored ticket of one session.
type Ticket struct {
	schemas.Ticket
	session  string
	revision uint64
}

// ErrTicket is returned for a session whose secret is missing or wrong or has expired.
var ErrTicket = errors.New("the session's token is missing, wrong or has expired")

const (
	ticketKey    = "ticket."
	referenceKey = "reference."
)

// HashSecret returns the hash that is stored of a secret. The secret must be random and long, because the hash has no salt.
func HashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// PutTicket stores the ticket of a new session, and its reference face unless that is nil.
func (s *Store) PutTicket(ctx context.Context, session string, t schemas.Ticket, r *schemas.Reference) error {
	if r != nil {
		data, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("encode reference: %w", err)
		}
		ttl := max(time.Until(t.Expires), time.Second).Round(time.Second)
		if _, err := s.tickets().Update(ctx, referenceKey+session, data, 0, ttl); err != nil {
			return streams.Blame(streams.Infrastructure, fmt.Errorf("store the reference face of %s: %w", session, err))
		}
		t.HasFace = true
	}
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode ticket: %w", err)
	}
	if _, err := s.tickets().Update(ctx, ticketKey+session, data, 0, 0); err != nil {
		return streams.Blame(streams.Infrastructure, fmt.Errorf("store the ticket of %s: %w", session, err))
	}
	return nil
}

func (s *Store) tickets() *streams.Bucket { return s.conn.Bucket(streams.BucketTickets) }

// TicketOf returns the ticket of a session. It returns streams.ErrNotFound for a session that was created without one.
func (s *Store) TicketOf(ctx context.Context, session string) (*Ticket, error) {
	v, err := s.tickets().Get(ctx, ticketKey+session)
	if err != nil {
		return nil, fmt.Errorf("ticket of session %s: %w", session, err)
	}
	t := &Ticket{session: session, revision: v.Revision}
	if err := json.Unmarshal(v.Data, &t.Ticket); err != nil {
		return nil, streams.Blame(streams.Input, fmt.Errorf("read the ticket of %s: %w", session, err))
	}
	return t, nil
}

// Check returns nil if the secret opens the session at a time, and ErrTicket if it does not.
func (t *Ticket) Check(secret string, now time.Time) error {
	if subtle.ConstantTimeCompare(t.Hash, HashSecret(secret)) != 1 || !t.Opened && now.After(t.Expires) {
		return ErrTicket
	}
	return nil
}

// UseTicket marks a ticket as opened, moves its reference face to the object store, and fills in Workers. It may be
// called again. It returns ErrTicket when the reference face has expired in the meantime.
func (s *Store) UseTicket(ctx context.Context, t *Ticket) error {
	if t.Opened {
		return nil
	}
	next := *t
	next.Opened = true
	if t.HasFace {
		r, err := s.moveReference(ctx, t.session)
		if err != nil {
			return err
		}
		next.Workers = r.Workers
	}
	data, err := json.Marshal(next.Ticket)
	if err != nil {
		return fmt.Errorf("encode ticket: %w", err)
	}
	if next.revision, err = s.tickets().Update(ctx, ticketKey+t.session, data, t.revision, 0); err != nil {
		return streams.Blame(streams.Infrastructure, fmt.Errorf("mark the ticket of %s as opened: %w", t.session, err))
	}
	*t = next
	if t.HasFace {
		if err := s.tickets().Delete(ctx, referenceKey+t.session); err != nil {
			return fmt.Errorf("clear the reference face of %s: %w", t.session, err)
		}
	}
	return nil
}

func (s *Store) moveReference(ctx context.Context, session string) (*schemas.Reference, error) {
	v, err := s.tickets().Get(ctx, referenceKey+session)
	if errors.Is(err, streams.ErrNotFound) {
		return nil, ErrTicket
	}
	if err != nil {
		return nil, fmt.Errorf("read the reference face of %s: %w", session, err)
	}
	r := &schemas.Reference{}
	if err := json.Unmarshal(v.Data, r); err != nil {
		return nil, streams.Blame(streams.Input, fmt.Errorf("read the reference face of %s: %w", session, err))
	}
	return r, objects.New(s.conn).Put(ctx, objects.ReferenceName(session), r.MediaType, bytes.NewReader(r.Image))
}
