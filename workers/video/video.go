// Package video is the worker that builds one video from the frames of each finished session, stores its best shot, and builds
// the exports that are ordered. It cannot delay a reply, and a picture that crashes FFmpeg crashes only the encoder process.
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

// Name is the name of the worker and of its consumer that builds videos of sessions. The others are the names of the
// consumers of exports and of queued videos.
const (
	Name       = "video"
	exportName = "video-export"
	queueName  = "video-queue"
)

const (
	// ackWait is the time after a worker's death until another one starts its video again.
	ackWait      = 20 * time.Second
	keepAliveGap = ackWait / 4
	// maxCrashes is the number of deliveries after which a video whose encoder crashes ends in error. maxTries applies to
	// all other failures, such as one that kills the whole worker.
	maxCrashes = 3
	maxTries   = 12
)

// Options configure a Worker.
type Options struct {
	Jobs    int            // videos encoded at the same time; 0 = 1
	Threads int            // for one encoder; 0 = its default
	Encoder stitch.Encoder // starts the encoder processes
	Stall   time.Duration  // without progress, after which an encoder is killed; 0 = 5 minutes
	Temp    string         // folder for unfinished videos; empty = the system's
	Version string
}

// Worker builds the videos of closed sessions, and exports. Run may be called once.
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
	if o.Stall == 0 {
		o.Stall = 5 * time.Minute
	}
	return &Worker{
		conn:     conn,
		settings: settings.New(conn),
		exports:  exports.New(conn),
		sessions: sessions.New(conn),
		objects:  objects.New(conn),
		options:  o,
		slots:    priority.NewSemaphore(o.Jobs),
	}
}

// Run works until ctx is done. A video that is unfinished by then is made again by the next process.
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
		queue := streams.Work{
			Stream:      streams.Sessions,
			Durable:     queueName,
			Concurrency: 1,
			AckWait:     ackWait,
			Observe:     workers.Observer(queueName),
		}
		return w.conn.Consume(ctx, queue, w.enqueue)
	})
	group.Go(func() error {
		return w.conn.Consume(ctx, w.work(streams.Sessions, Name, sessionVideos), w.handleSession)
	})
	group.Go(func() error {
		return w.conn.Consume(ctx, w.work(streams.Exports, exportName, exportVideos), w.handleExport)
	})
	return group.Wait()
}

// work returns the consumer for k. While no slot is free it fetches nothing: another process may have one.
func (w *Worker) work(stream, durable string, k kind) streams.Work {
	return streams.Work{
		Stream: stream, Durable: durable, Concurrency: w.options.Jobs, AckWait: ackWait, MaxTries: maxTries,
		Observe: workers.Observer(durable), WaitForSlot: w.waitForSlot(k),
	}
}

// eraseIfErased removes what this worker has stored of a session that was erased in the meantime.
func (w *Worker) eraseIfErased(ctx context.Context, session string) error {
	if _, err := w.sessions.LastDecision(ctx, session); !errors.Is(err, streams.ErrNotFound) {
		return err
	}
	if n, err := w.sessions.CountFrames(ctx, session); err != nil || n > 0 {
		return err
	}
	return w.sessions.EraseVideos(ctx, session)
}
