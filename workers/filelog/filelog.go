// Package filelog is the follower that writes every frame and its results to disk, session by session. It follows
// DECISIONS with a consumer of its own and can delay nobody's reply.
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
	"github.com/selene-liveness/selene/workers"
)

// Name is the worker's.
const Name = "filelog"

// Config says where the files go and how many there may be. The folder belongs to the file logger alone.
type Config struct {
	Dir   string        `envconfig:"DIR" desc:"folder the file logger writes below; filelog in the data folder when empty"`
	Bytes int64         `envconfig:"BYTES" default:"10737418240" desc:"bytes of logged files kept at most; the oldest sessions go first"`
	Age   time.Duration `envconfig:"AGE" default:"720h" desc:"how long logged sessions are kept"`
}

const (
	ackWait    = 30 * time.Second
	sweepEvery = 10 * time.Minute
)

// Worker writes sessions whose settings ask for it. Run one: what several on different disks write lies apart.
type Worker struct {
	conn     *streams.Conn
	sessions *sessions.Store
	shelf    *shelf
	options  workers.Options
}

// New returns a worker that writes nothing, and makes no folder, before a session asks for it.
func New(conn *streams.Conn, c Config, o workers.Options) *Worker {
	return &Worker{conn, sessions.New(conn), newShelf(c), o}
}

// Run writes, sweeps and erases until ctx is done.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.shelf.takeStock(); err != nil {
		return fmt.Errorf("file logger: %w", err)
	}
	work := streams.Work{Durable: Name, Concurrency: 1, AckWait: ackWait, Observe: workers.Observer(Name)}
	decisions, events := work, work
	decisions.Stream, events.Stream = streams.Decisions, streams.Sessions
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return w.conn.Register(ctx, schemas.Registration{Name: Name, Version: w.options.Version})
	})
	group.Go(func() error { return w.conn.Consume(ctx, decisions, w.decided) })
	group.Go(func() error { return w.conn.Consume(ctx, events, w.happened) })
	group.Go(func() error { return w.sweep(ctx) })
	return group.Wait()
}

func (w *Worker) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := w.shelf.sweep(time.Now()); err != nil {
			slog.Error("file logger: old sessions stay for now", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// decided writes the frame that was decided on.
func (w *Worker) decided(ctx context.Context, delivery *streams.Delivery) error {
	d, err := streams.Decode(delivery, &schemas.Decision{})
	if err != nil {
		return err
	}
	if d.GetState().GetSettingsRevision() == 0 {
		return nil // ended before its first frame
	}
	settings, err := w.conn.SettingsAt(ctx, d.GetState().GetSettingsRevision())
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
	if err := w.shelf.put(p, files, time.Now()); err != nil {
		return streams.Blame(streams.Infrastructure, fmt.Errorf("log a frame of %s: %w", session, err))
	}
	// Erased in the meantime? An erasure after this look is told by its event.
	if _, err := w.sessions.LastDecision(ctx, session); !errors.Is(err, streams.ErrNotFound) {
		return err
	}
	return w.erase(session)
}

// happened removes sessions that were erased.
func (w *Worker) happened(_ context.Context, delivery *streams.Delivery) error {
	e, err := streams.Decode(delivery, &schemas.SessionEvent{})
	if err != nil || e.GetKind() != schemas.SessionEventKind_SESSION_ERASED {
		return err
	}
	return w.erase(e.GetSession())
}

func (w *Worker) erase(session string) error {
	if err := w.shelf.erase(session); err != nil {
		return streams.Blame(streams.Infrastructure, fmt.Errorf("erase the logged files of %s: %w", session, err))
	}
	return nil
}
