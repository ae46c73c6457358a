// Package notary signs the evidence of sessions that have ended, and lets somebody else confirm when it existed.
package notary

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/evidence"
	"github.com/selene-liveness/selene/streams/sessions"
)

// settle is how long after its end a session is sealed. Workers judge no frame that is older than a minute, so nothing is added later.
const settle = 90 * time.Second

// Notary seals sessions while Run runs. All edges share the work.
type Notary struct {
	conn     *streams.Conn
	sessions *sessions.Store
	sign     func(jwt.Claims) (string, error)
	anchor   Anchor
	settle   time.Duration
}

// New returns a notary that signs with sign, which returns a compact JWS (EdDSA).
func New(conn *streams.Conn, sign func(jwt.Claims) (string, error), anchor Anchor) *Notary {
	return &Notary{conn: conn, sessions: sessions.New(conn), sign: sign, anchor: anchor, settle: settle}
}

// Run seals and anchors until ctx is done, then returns nil.
func (n *Notary) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		work := streams.Work{Stream: streams.Sessions, Durable: "seals", Concurrency: 2, AckWait: n.settle}
		return n.conn.Consume(ctx, work, n.seal)
	})
	if n.anchor.Command != "" {
		group.Go(func() error { return n.conn.Consume(ctx, n.anchor.work(), n.confirm) })
	}
	return group.Wait()
}

func (n *Notary) seal(ctx context.Context, d *streams.Delivery) error {
	end, err := streams.Decode(d, &schemas.SessionEvent{})
	if err != nil || end.GetKind() != schemas.SessionEventKind_SESSION_CLOSED {
		return err
	}
	if time.Since(d.Stored) < n.settle {
		return streams.ErrElsewhere // the broker delivers it again after AckWait
	}
	id := end.GetSession()
	last, sealed, err := n.last(ctx, id)
	if sealed != "" || errors.Is(err, streams.ErrNotFound) { // erased
		return nil
	}
	if err != nil {
		return err
	}
	walk, err := evidence.Of(ctx, n.sessions, id)
	if err != nil && streams.FaultOf(err) == streams.Infrastructure {
		return err
	}
	if err == nil {
		err = walk.Missing()
	}
	if err != nil { // it stays without a seal, which verifying finds
		slog.Error("a session is not sealed: its evidence was changed or removed", "session", id, "error", err)
		return nil
	}
	content := walk.Seal(id)
	content.IssuedAt = time.Now().Unix()
	text, err := n.sign(evidence.Claims[evidence.Seal]{Content: content})
	if err != nil {
		return fmt.Errorf("sign the seal of session %s: %w", id, err)
	}
	return n.publish(ctx, last, &schemas.SessionEvent{Kind: schemas.SessionEventKind_SESSION_SEALED, Seal: text})
}

// last returns the newest event of a session, with its sequence, and the session's seal or "". It returns streams.ErrNotFound for a
// session that was erased.
func (n *Notary) last(ctx context.Context, id string) (last streams.Stored[*schemas.SessionEvent], seal string, err error) {
	for e, err := range n.sessions.EventsOf(ctx, id) {
		if err != nil {
			return last, "", err
		}
		last = e
		if e.Message.GetKind() == schemas.SessionEventKind_SESSION_SEALED {
			seal = e.Message.GetSeal()
		}
	}
	if last.Message == nil || last.Message.GetKind() == schemas.SessionEventKind_SESSION_ERASED {
		return last, "", streams.ErrNotFound
	}
	return last, seal, nil
}

// publish stores an event after the session's last one, unless another one came first: then the delivery is tried again. The time,
// edge and outcome are those of the last event, by which the session is found.
func (n *Notary) publish(ctx context.Context, last streams.Stored[*schemas.SessionEvent], e *schemas.SessionEvent) error {
	e.Version, e.Session, e.AtUnixNanos = schemas.Version, last.Message.GetSession(), last.Message.GetAtUnixNanos()
	e.Edge, e.SettingsRevision, e.Outcome = last.Message.GetEdge(), last.Message.GetSettingsRevision(), last.Message.GetOutcome()
	subject := streams.Subject(streams.KindSession, e.GetSession())
	_, err := n.conn.PublishMessage(ctx, subject, e, streams.PublishOptions{Last: &last.Sequence})
	if errors.Is(err, streams.ErrChanged) {
		err = streams.Blame(streams.Infrastructure, err)
	}
	return err
}
