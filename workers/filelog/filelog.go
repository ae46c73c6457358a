// Package filelog writes every frame and its results to disk, session by session. It follows DECISIONS with a consumer of
// its own, so it cannot delay a reply.
package filelog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/workers"
)

// Name is the name of the worker and of its consumers.
const Name = "filelog"

// Config sets where files are written and how many are kept. No other program may write to the folder.
type Config struct {
	Dir   string        `envconfig:"DIR" desc:"folder that the file logger writes to; empty = filelog in the data folder"`
	Bytes int64         `envconfig:"BYTES" default:"10737418240" desc:"maximum size of all logged files in bytes; the oldest sessions are removed first"`
	Age   time.Duration `envconfig:"AGE" default:"720h" desc:"how long logged sessions are kept"`
}

const (
	ackWait    = 30 * time.Second
	sweepEvery = 10 * time.Minute
)

// Worker writes the sessions whose settings enable it. Run one: several would divide the sessions between their disks.
type Worker struct {
	conn     *streams.Conn
	settings *settings.Store
	sessions *sessions.Store
	store    *store
	options  workers.Options
}

// New returns a worker. It creates no folder before a session is written.
func New(conn *streams.Conn, c Config, o workers.Options) *Worker {
	return &Worker{conn, settings.New(conn), sessions.New(conn), newStore(c), o}
}

// Run writes, sweeps and erases until ctx is done. It returns an error when the folder cannot be read or the broker fails.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.store.load(); err != nil {
		return fmt.Errorf("file logger: %w", err)
	}
	work := streams.Work{Durable: Name, Concurrency: 1, AckWait: ackWait, Observe: workers.Observer(Name)}
	decisions, events := work, work
	decisions.Stream, events.Stream = streams.Decisions, streams.Sessions
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return w.conn.Register(ctx, schemas.Registration{Name: Name, Version: w.options.Version})
	})
	group.Go(func() error { return w.conn.Consume(ctx, decisions, w.logDecision) })
	group.Go(func() error { return w.conn.Consume(ctx, events, w.eraseSession) })
	group.Go(func() error { return w.sweep(ctx) })
	return group.Wait()
}

func (w *Worker) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := w.store.sweep(time.Now()); err != nil {
			slog.Error("file logger: old sessions cannot be removed; trying again later", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// logDecision writes the decision and the frame it is about.
func (w *Worker) logDecision(ctx context.Context, delivery *streams.Delivery) error {
	d, err := streams.Decode(delivery, &schemas.Decision{})
	if err != nil {
		return err
	}
	if d.GetState().GetSettingsRevision() == 0 {
		return nil // ended before its first frame
	}
	settings, err := w.settings.At(ctx, d.GetState().GetSettingsRevision())
	if err != nil || !settings.FileLogger.IsEnabled {
		return err
	}
	session := d.GetName().GetSession()
	if err := streams.CheckSession(session); err != nil {
		return streams.Blame(streams.Input, err)
	}
	var frame *schemas.Frame
	if d.GetFrame() > 0 {
		if frame, err = w.sessions.FrameAt(ctx, d.GetFrame()); err != nil && !errors.Is(err, streams.ErrNotFound) {
			return err
		}
	}
	p := place{settings.FileLogger.Path, time.Unix(0, d.GetState().GetOpenedUnixNanos()).UTC().Format(dayFormat), session}
	files, err := filesOf(d, frame)
	if err != nil {
		return err
	}
	if err := w.store.put(p, files, time.Now()); err != nil {
		return streams.Blame(streams.Infrastructure, fmt.Errorf("log a frame of %s: %w", session, err))
	}
	// The session may have been erased in the meantime. An erasure after this check is reported by its event.
	if _, err := w.sessions.LastDecision(ctx, session); !errors.Is(err, streams.ErrNotFound) {
		return err
	}
	return w.erase(session)
}

// eraseSession removes the files of a session that was erased.
func (w *Worker) eraseSession(_ context.Context, delivery *streams.Delivery) error {
	e, err := streams.Decode(delivery, &schemas.SessionEvent{})
	if err != nil || e.GetKind() != schemas.SessionEventKind_SESSION_ERASED {
		return err
	}
	return w.erase(e.GetSession())
}

func (w *Worker) erase(session string) error {
	if err := w.store.erase(session); err != nil {
		return streams.Blame(streams.Infrastructure, fmt.Errorf("erase the logged files of %s: %w", session, err))
	}
	return nil
}
