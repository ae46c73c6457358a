// Package decider joins the verdicts on a frame, applies the rules of the session, and stores and sends the decision.
package decider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/workers"
)

// Name is the name of the decider in metrics and commands.
const Name = "decider"

// Decider is one instance. A frame names the instance that joins its verdicts.
type Decider struct {
	conn     *streams.Conn
	settings *settings.Store
	sessions *sessions.Store
	instance string
	joins    *joins
	decide   chan *join
	observe  func(result string, took time.Duration)
}

const (
	queue       = 1024 // complete joins waiting to be stored
	stores      = 16   // decisions stored at the same time
	expireEvery = 50 * time.Millisecond
)

// New returns a decider with a new instance ID.
func New(conn *streams.Conn) *Decider {
	return &Decider{
		conn:     conn,
		settings: settings.New(conn),
		sessions: sessions.New(conn),
		instance: uuid.NewString()[:8],
		joins:    newJoins(),
		decide:   make(chan *join, queue),
		observe:  workers.Observer(Name),
	}
}

// Run decides until ctx is done. It also ends sessions that went silent.
func (d *Decider) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return d.conn.ServeDecider(ctx, d.instance, func(v *schemas.Verdict) { d.take(ctx, v) }) })
	group.Go(func() error { return d.expire(ctx) })
	for range stores {
		group.Go(func() error { return d.storeAll(ctx) })
	}
	group.Go(func() error { return d.reap(ctx) })
	group.Go(func() error { return d.conn.Register(ctx, schemas.Registration{Name: Name}) })
	return group.Wait()
}

func (d *Decider) take(ctx context.Context, v *schemas.Verdict) {
	var settings *schemas.Settings
	if v.GetWorker() == schemas.WorkerDetector {
		var err error
		if settings, err = d.settings.At(ctx, v.GetDetection().GetState().GetSettingsRevision()); err != nil {
			slog.Error("settings of a frame", "session", v.GetName().GetSession(), "error", err)
			return
		}
	}
	if o := d.joins.add(v, settings, time.Now()); o != nil {
		d.enqueue(ctx, o)
	}
}

func (d *Decider) enqueue(ctx context.Context, o *join) {
	select {
	case d.decide <- o:
	case <-ctx.Done():
	}
}

func (d *Decider) expire(ctx context.Context) error {
	tick := time.NewTicker(expireEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			for _, o := range d.joins.expire(now) {
				d.enqueue(ctx, o)
			}
		}
	}
}

func (d *Decider) storeAll(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case o := <-d.decide:
			result := streams.ResultDone
			if err := streams.Guard(func() error { return d.finish(ctx, o) }); err != nil {
				// The edge publishes the frame again when it receives no reply.
				result = streams.ResultDead
				slog.Error(
					"decide",
					"session",
					o.verdicts[schemas.WorkerDetector].GetName().GetSession(),
					"error",
					err,
					streams.StackAttr(err),
				)
			}
			d.observe(result, time.Since(o.since))
		}
	}
}

// finish stores the decision, and only then replies. If another decision was stored first, it replies with that one.
func (d *Decider) finish(ctx context.Context, o *join) error {
	found := o.verdicts[schemas.WorkerDetector].GetDetection()
	digests := map[string][]byte{}
	for worker, v := range o.verdicts { // as they are stored: deciding may change them
		digest, err := schemas.Digest(v)
		if err != nil {
			return err
		}
		digests[worker] = digest
	}
	decision := o.decide()
	for _, worker := range decision.GetWorkers() {
		decision.Verdicts = append(decision.Verdicts, digests[worker])
	}
	decision.ReceivedUnixNanos, decision.DecidedUnixNanos = found.GetReceivedUnixNanos(), time.Now().UnixNano()
	sequence, err := d.conn.PublishDecision(ctx, decision, found.GetState().GetLastDecision())
	switch {
	case errors.Is(err, streams.ErrDecided):
		if decision, err = d.sessions.LastDecision(ctx, decision.GetName().GetSession()); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		sessions.Stamp(decision, sequence)
	}
	return d.conn.Reply(decision)
}

const (
	reaper     = "reaper"
	reaperWait = 30 * time.Second
)

// reap stores the terminal decision of sessions that went silent, and publishes the end of every expired session.
func (d *Decider) reap(ctx context.Context) error {
	work := streams.Work{Durable: reaper, Concurrency: 4, AckWait: reaperWait, Observe: workers.Observer(reaper)}
	return d.sessions.ConsumeExpired(ctx, work, func(ctx context.Context, session string) error {
		last, err := d.sessions.LastDecision(ctx, session)
		if err != nil && !errors.Is(err, streams.ErrNotFound) {
			return err
		}
		if !last.GetOutcome().Terminal() {
			expected := last.GetState().GetLastDecision()
			last = &schemas.Decision{
				Version: schemas.Version, Outcome: schemas.Outcome_OUTCOME_TIMEOUT, DecidedUnixNanos: time.Now().UnixNano(),
				Name:  &schemas.FrameName{Session: session, Sequence: last.GetState().GetSequence(), Nonce: reaper},
				State: last.GetState(), Workers: []string{reaper},
			}
			if _, err := d.conn.PublishDecision(ctx, last, expected); err != nil {
				return streams.Blame(streams.Infrastructure, fmt.Errorf("end silent session %s: %w", session, err))
			}
		}
		return d.conn.PublishSessionEvent(ctx, &schemas.SessionEvent{
			Version: schemas.Version,
			Session: session,
			Kind:    schemas.SessionEventKind_SESSION_CLOSED,
			AtUnixNanos: time.Now().
				UnixNano(),
			Edge:             reaper,
			SettingsRevision: last.GetState().GetSettingsRevision(),
			Outcome:          last.GetOutcome(),
			Label:            last.GetState().GetLabel(),
		})
	})
}
