// Package video is the worker that keeps what a finished session leaves behind, one video of its frames and its best
// shot, and makes the exports that are ordered. It can delay nobody's reply, and a picture that breaks FFmpeg breaks a
// process of its own.
package video

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/exports"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/priority"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/video/stitch"
)

// Name is the worker's and that of its consumer of sessions; the others are those of exports and of what waits.
const (
	Name       = "video"
	exportName = "video-export"
	queueName  = "video-queue"
)

const (
	// ackWait is how long after a worker's death its video is begun anew.
	ackWait = 20 * time.Second
	working = ackWait / 4
	// maxCrashes is how many deliveries a video whose encoder crashes gets before it ends in error; maxTries, any other
	// that fails again and again, such as one that takes the whole worker down with it.
	maxCrashes = 3
	maxTries   = 12
)

// Options say how a worker makes videos.
type Options struct {
	Jobs    int            // videos encoded at the same time; 0 = 1
	Threads int            // of one encoder; 0 = its default
	Encoder stitch.Encoder // how the process that encodes is started
	Temp    string         // folder for unfinished videos; the system's when empty
	Version string
}

// Worker makes the videos of closed sessions, and exports.
type Worker struct {
	conn     *streams.Conn
	settings *settings.Store
	exports  *exports.Store
	sessions *sessions.Store
	objects  *objects.Store
	options  Options
	slots    *priority.Semaphore
	scratch  *scratch
}

// New returns a worker; Run starts it.
func New(conn *streams.Conn, o Options) *Worker {
	o.Jobs = max(o.Jobs, 1)
	return &Worker{conn: conn, settings: settings.New(conn), exports: exports.New(conn), sessions: sessions.New(conn), objects: objects.New(conn), options: o, slots: priority.NewSemaphore(o.Jobs)}
}

// Run works until ctx is done. A video that was under way then is made again by the next process.
func (w *Worker) Run(ctx context.Context) (err error) {
	prepareMetrics()
	if w.scratch, err = newScratch(w.options.Temp); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.scratch.close()) }()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return w.conn.Register(ctx, schemas.Registration{Name: Name, Version: w.options.Version})
	})
	group.Go(func() error {
		queue := streams.Work{Stream: streams.Sessions, Durable: queueName, Concurrency: 1, AckWait: ackWait, Observe: workers.Observer(queueName)}
		return w.conn.Consume(ctx, queue, w.queued)
	})
	group.Go(func() error { return w.conn.Consume(ctx, w.work(streams.Sessions, Name, sessionVideos), w.happened) })
	group.Go(func() error { return w.conn.Consume(ctx, w.work(streams.Exports, exportName, exportVideos), w.ordered) })
	return group.Wait()
}

// work is a consumer of k. While no slot is free it fetches nothing: another process may have one.
func (w *Worker) work(stream, durable string, k kind) streams.Work {
	return streams.Work{
		Stream: stream, Durable: durable, Concurrency: w.options.Jobs, AckWait: ackWait, MaxTries: maxTries,
		Observe: workers.Observer(durable), WaitForSlot: w.waitForSlot(k),
	}
}

// keepWorking tells the broker every so often that the message is still being worked on, until stopped.
func keepWorking(d *streams.Delivery) (stop func()) {
	tick := time.NewTicker(working)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-tick.C:
				d.Working()
			case <-done:
				tick.Stop()
				return
			}
		}
	}()
	return func() { close(done) }
}

// forgetErased removes what was made of a session that was erased in the meantime.
func (w *Worker) forgetErased(ctx context.Context, session string) error {
	if _, err := w.sessions.LastDecision(ctx, session); !errors.Is(err, streams.ErrNotFound) {
		return err
	}
	if n, err := w.sessions.CountFrames(ctx, session); err != nil || n > 0 {
		return err
	}
	return w.sessions.Erase(ctx, session, &schemas.SessionEvent{
		Version: schemas.Version, Session: session, Kind: schemas.SessionEventKind_SESSION_ERASED, AtUnixNanos: time.Now().UnixNano(), Edge: Name,
	})
}
