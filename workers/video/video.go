// Package video is the worker that keeps what a finished session leaves behind: one video of its frames, and its best
// shot. It follows SESSIONS and can delay nobody's reply.
package video

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/video/stitch"
)

// Name is the worker's.
const Name = "video"

// The states of a video.
const (
	StatusExporting = "exporting"
	StatusSuccess   = "success"
	StatusError     = "error"
)

const (
	ackWait = time.Minute
	working = ackWait / 4
)

// Worker stitches the videos of closed sessions.
type Worker struct {
	conn    *streams.Conn
	options workers.Options
	threads int
}

// New returns a worker that stitches o.Concurrency videos at the same time, each with so many encoder threads.
func New(conn *streams.Conn, threads int, o workers.Options) *Worker {
	return &Worker{conn, o, threads}
}

// Run works until ctx is done. A video that was under way then is made again by the next process.
func (w *Worker) Run(ctx context.Context) error {
	work := streams.Work{
		Stream: streams.Sessions, Durable: Name, Concurrency: max(w.options.Concurrency, 1),
		AckWait: ackWait, Observe: workers.Observer(Name),
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return w.conn.Register(ctx, streams.Registration{Name: Name, Version: w.options.Version})
	})
	group.Go(func() error { return w.conn.Consume(ctx, work, w.handle) })
	return group.Wait()
}

func (w *Worker) handle(ctx context.Context, d *streams.Delivery) error {
	event, err := streams.Decode(d, &schemas.SessionEvent{})
	if err != nil || event.GetKind() != schemas.SessionEventKind_SESSION_CLOSED {
		return err
	}
	stop := keepWorking(d)
	defer stop()
	settings, err := w.conn.SettingsAt(ctx, event.GetSettingsRevision())
	if err != nil {
		return err
	}
	if err := w.keepBestShot(ctx, event.GetSession()); err != nil {
		return err
	}
	if err := w.export(ctx, event.GetSession(), settings); err != nil {
		return err
	}
	return w.forgetErased(ctx, event.GetSession())
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

// keepBestShot copies the best shot out of FRAMES, which forgets it sooner.
func (w *Worker) keepBestShot(ctx context.Context, session string) error {
	last, err := w.conn.LastDecision(ctx, session)
	if errors.Is(err, streams.ErrNotFound) || err == nil && last.GetBestShot() == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	frame, err := w.conn.FrameAt(ctx, last.GetBestShot())
	if errors.Is(err, streams.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.conn.PutObject(ctx, streams.BestShotObject(session), frame.GetMediaType(), bytes.NewReader(frame.GetImage()))
}

// export makes the session's video and stores it. A session without a decodable frame ends in status error.
func (w *Worker) export(ctx context.Context, session string, settings *schemas.Settings) error {
	codec := stitch.Codec(settings.Video.Codec)
	status := &schemas.VideoStatus{
		Version: schemas.Version, Session: session, Status: StatusExporting, Codec: settings.Video.Codec,
		StartedUnixNanos: time.Now().UnixNano(),
	}
	if err := w.conn.PublishVideo(ctx, status); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "selene-video-")
	if err != nil {
		return streams.Blame(streams.Infrastructure, fmt.Errorf("make room for the video: %w", err))
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, session+codec.Ext())
	frames, err := w.open(ctx, session, settings.Video.FramesLimit)
	if err != nil {
		return err
	}
	defer frames.close()
	result, err := stitch.Stitch(ctx, frames.next, stitch.Options{Codec: codec, Path: path, Threads: w.threads})
	var none *stitch.NoFramesError
	switch {
	case errors.As(err, &none):
		status.Status, status.Reason = StatusError, none.Error()
	case err != nil:
		return fmt.Errorf("stitch session %s: %w", session, err)
	default:
		status.Object = streams.VideoObject(session, result.Start, codec.Ext())
		status.Status, status.MediaType, status.LastFrame = StatusSuccess, codec.ContentType(), frames.last
		status.Frames, status.DurationNanos = uint32(result.Frames), int64(result.Duration)
		if err := w.conn.PutFile(ctx, status.Object, status.MediaType, path); err != nil {
			return err
		}
	}
	status.Skipped, status.FinishedUnixNanos = uint32(result.Skipped), time.Now().UnixNano()
	return w.conn.PublishVideo(ctx, status)
}

// forgetErased removes what was made of a session that was erased in the meantime.
func (w *Worker) forgetErased(ctx context.Context, session string) error {
	if _, err := w.conn.LastDecision(ctx, session); !errors.Is(err, streams.ErrNotFound) {
		return err
	}
	return w.conn.Erase(ctx, session, &schemas.SessionEvent{
		Version: schemas.Version, Session: session, Kind: schemas.SessionEventKind_SESSION_ERASED, AtUnixNanos: time.Now().UnixNano(), Edge: Name,
	})
}
