package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
)

// The kinds of subjects, which begin their names.
const (
	subjectPerson  = "person."
	subjectAddress = "address."
)

// lockedOutError refuses a subject of which too many sessions failed.
type lockedOutError struct{ wait time.Duration }

func (e *lockedOutError) Error() string {
	return fmt.Sprintf("locked out, try again in %.0f s", math.Ceil(e.wait.Seconds()))
}

// subjectOf returns the subject whose failures count: of a ticket its external ID, without a ticket the address. A ticket without an
// external ID has none: it opens one session, which can fail once.
func (g *Gateway) subjectOf(ticket *sessions.Ticket, address string) string {
	switch {
	case ticket == nil && address != "":
		return subjectAddress + g.signer.Pseudonym(subjectAddress+address)
	case ticket != nil && ticket.ExternalID != "":
		return subjectPerson + g.signer.Pseudonym(subjectPerson+ticket.ExternalID)
	}
	return ""
}

func ruleOf(subject string, l schemas.Lockout) sessions.LockoutRule {
	r := sessions.LockoutRule{Max: l.MaxFailures, Window: seconds(l.WindowSeconds), Lockout: seconds(l.LockoutSeconds)}
	if strings.HasPrefix(subject, subjectAddress) {
		r.Max = l.MaxAddressFailures
	}
	return r
}

// checkLockout returns a *lockedOutError if the subject of a session is locked out.
func (g *Gateway) checkLockout(ctx context.Context, a *admission) error {
	if a.subject == "" || ruleOf(a.subject, a.settings.Lockout).Max == 0 {
		return nil
	}
	until, err := g.sessions.LockedUntil(ctx, a.subject)
	if err != nil {
		return err
	}
	if wait := time.Until(until); wait > 0 {
		return &lockedOutError{wait}
	}
	return nil
}

// countedFailures are the outcomes that count: those by which somebody tried and was not accepted.
var countedFailures = map[schemas.Outcome]bool{
	schemas.Outcome_OUTCOME_ATTEMPTS_EXCEEDED:          true,
	schemas.Outcome_OUTCOME_LIVENESS_ATTEMPTS_EXCEEDED: true,
	schemas.Outcome_OUTCOME_DIFFERENT_FACE:             true,
	schemas.Outcome_OUTCOME_FAKE:                       true,
	schemas.Outcome_OUTCOME_ACTIONS_FAILED:             true,
}

const lockoutWait = 30 * time.Second

// countFailures counts failed sessions until ctx is done. It follows the ends of sessions, shared by all edges: so a client cannot
// avoid being counted by closing its socket before the reply, and nothing is lost with an edge.
func (g *Gateway) countFailures(ctx context.Context) error {
	work := streams.Work{Stream: streams.Sessions, Durable: "lockouts", Concurrency: 2, AckWait: lockoutWait}
	if err := g.conn.Consume(ctx, work, g.countFailure); ctx.Err() == nil {
		return err
	}
	return nil
}

func (g *Gateway) countFailure(ctx context.Context, d *streams.Delivery) error {
	event, err := streams.Decode(d, &schemas.SessionEvent{})
	if err != nil || event.GetKind() != schemas.SessionEventKind_SESSION_CLOSED || !countedFailures[event.GetOutcome()] {
		return err
	}
	last, err := g.sessions.OwnLastDecision(ctx, event.GetSession())
	if errors.Is(err, streams.ErrNotFound) || errors.Is(err, sessions.ErrImported) {
		return nil // erased, or of another installation
	}
	if err != nil {
		return err
	}
	subject := last.GetState().GetSubject()
	if subject == "" {
		return nil
	}
	settings, err := g.settings.At(ctx, last.GetState().GetSettingsRevision())
	if err != nil {
		return err
	}
	rule := ruleOf(subject, settings.Lockout)
	if rule.Max == 0 {
		return nil
	}
	until, err := g.sessions.CountFailure(ctx, subject, event.GetSession(), rule, time.Now())
	if err != nil || until.IsZero() {
		return err
	}
	return g.announceLockout(ctx, event, d.Sequence, until)
}

// announceLockout publishes that the subject of a session is locked out, unless another event followed the session's end.
func (g *Gateway) announceLockout(ctx context.Context, end *schemas.SessionEvent, sequence uint64, until time.Time) error {
	e := &schemas.SessionEvent{
		Version: schemas.Version, Session: end.GetSession(), Kind: schemas.SessionEventKind_SESSION_LOCKED_OUT,
		AtUnixNanos: time.Now().UnixNano(), Edge: g.name, SettingsRevision: end.GetSettingsRevision(), Outcome: end.GetOutcome(),
		UntilUnixNanos: until.UnixNano(),
	}
	subject := streams.Subject(streams.KindSession, end.GetSession())
	_, err := g.conn.PublishMessage(ctx, subject, e, streams.PublishOptions{Last: &sequence})
	if errors.Is(err, streams.ErrChanged) {
		return nil // erased, or announced by a delivery before
	}
	if err != nil {
		return err
	}
	g.metrics.locked.Inc()
	slog.Warn("locked out after too many failed sessions", "session", end.GetSession(), "until", until)
	return nil
}
