package streams

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Ticket lets the holder of a secret open one session. What is stored of the secret is its hash.
type Ticket struct {
	Hash    []byte            `json:"hash"`             // SHA-256 of the secret
	Expires time.Time         `json:"expires"`          // until when the session can be opened for the first time
	Opened  bool              `json:"opened,omitempty"` // since then it is good for as long as the session lives
	HasFace bool              `json:"has_face,omitempty"`
	Variant string            `json:"variant,omitempty"` // of the settings; empty = that of the edge
	Workers map[string][]byte `json:"workers,omitempty"` // states of workers before the first frame, once opened

	session  string
	revision uint64
}

// Reference is the face a session is to be verified against. It is kept beside the ticket until the session opens or the
// ticket expires, for nobody could erase what belongs to a session that never was.
type Reference struct {
	MediaType string            `json:"media_type"`
	Image     []byte            `json:"image"`
	Workers   map[string][]byte `json:"workers"` // states of workers before the first frame
}

// ErrTicket is returned for a session that cannot be opened with what was shown: the secret is missing or wrong, or it
// has expired.
var ErrTicket = errors.New("the session's token is missing, wrong or has expired")

const (
	ticketKey    = "ticket."
	referenceKey = "reference."
)

// HashSecret is what a ticket stores of a secret. The secret must be random and long, for the hash is not salted.
func HashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// PutTicket stores the ticket of a session nobody knows yet, and the reference face if there is one.
func (c *Conn) PutTicket(ctx context.Context, session string, t Ticket, r *Reference) error {
	if r != nil {
		data, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("encode reference: %w", err)
		}
		if _, err := c.kv(BucketTickets).Create(ctx, referenceKey+session, data, jetstream.KeyTTL(max(time.Until(t.Expires), time.Second).Round(time.Second))); err != nil {
			return Blame(Infrastructure, fmt.Errorf("store the reference face of %s: %w", session, err))
		}
		t.HasFace = true
	}
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode ticket: %w", err)
	}
	if _, err := c.kv(BucketTickets).Create(ctx, ticketKey+session, data); err != nil {
		return Blame(Infrastructure, fmt.Errorf("store the ticket of %s: %w", session, err))
	}
	return nil
}

// TicketOf is the ticket of a session. It is ErrNotFound for a session that was made without one.
func (c *Conn) TicketOf(ctx context.Context, session string) (*Ticket, error) {
	entry, err := c.kv(BucketTickets).Get(ctx, ticketKey+session)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, fmt.Errorf("ticket of session %s: %w", session, ErrNotFound)
	}
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("look up the ticket of %s: %w", session, err))
	}
	t := &Ticket{session: session, revision: entry.Revision()}
	if err := json.Unmarshal(entry.Value(), t); err != nil {
		return nil, Blame(Input, fmt.Errorf("read the ticket of %s: %w", session, err))
	}
	return t, nil
}

// Check is nil when the secret opens the session at that time, else ErrTicket.
func (t *Ticket) Check(secret string, now time.Time) error {
	if subtle.ConstantTimeCompare(t.Hash, HashSecret(secret)) != 1 || !t.Opened && now.After(t.Expires) {
		return ErrTicket
	}
	return nil
}

// UseTicket marks a ticket as opened, moves its reference face to the object store, and fills in Workers. It may be
// called again. It is ErrTicket when the reference face has expired in the meantime.
func (c *Conn) UseTicket(ctx context.Context, t *Ticket) error {
	if t.Opened {
		return nil
	}
	next := *t
	next.Opened = true
	if t.HasFace {
		r, err := c.moveReference(ctx, t.session)
		if err != nil {
			return err
		}
		next.Workers = r.Workers
	}
	data, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encode ticket: %w", err)
	}
	if next.revision, err = c.kv(BucketTickets).Update(ctx, ticketKey+t.session, data, t.revision); err != nil {
		return Blame(Infrastructure, fmt.Errorf("mark the ticket of %s as opened: %w", t.session, err))
	}
	*t = next
	if t.HasFace {
		if err := c.kv(BucketTickets).Purge(ctx, referenceKey+t.session, jetstream.PurgeTTL(time.Minute)); err != nil {
			return Blame(Infrastructure, fmt.Errorf("clear the reference face of %s: %w", t.session, err))
		}
	}
	return nil
}

func (c *Conn) moveReference(ctx context.Context, session string) (*Reference, error) {
	entry, err := c.kv(BucketTickets).Get(ctx, referenceKey+session)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, ErrTicket
	}
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("read the reference face of %s: %w", session, err))
	}
	r := &Reference{}
	if err := json.Unmarshal(entry.Value(), r); err != nil {
		return nil, Blame(Input, fmt.Errorf("read the reference face of %s: %w", session, err))
	}
	return r, c.PutObject(ctx, ReferenceObject(session), r.MediaType, bytes.NewReader(r.Image))
}
