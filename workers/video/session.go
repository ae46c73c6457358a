package video

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/workers/video/stitch"
)

// handleSession builds the video of a session whose event reports that it closed. All other events are ignored.
func (w *Worker) handleSession(ctx context.Context, d *streams.Delivery) error {
	event, err := streams.Decode(d, &schemas.SessionEvent{})
	if err != nil || event.GetKind() != schemas.SessionEventKind_SESSION_CLOSED {
		return err
	}
	defer d.KeepWorking(keepAliveGap)()
	if err := w.slots.Acquire(ctx, sessionVideos.class()); err != nil {
		return err
	}
	defer w.slots.Release()
	settings, err := w.settings.At(ctx, event.GetSettingsRevision())
	if err != nil {
		return err
	}
	if err := w.keepBestShot(ctx, event.GetSession()); err != nil {
		return err
	}
	if err := w.makeCurrent(ctx, event.GetSession(), settings.Video, d.Try); err != nil {
		return err
	}
	return w.eraseIfErased(ctx, event.GetSession())
}

// keepBestShot copies the best shot out of FRAMES, which keeps it for a shorter time.
func (w *Worker) keepBestShot(ctx context.Context, session string) error {
	last, err := w.sessions.LastDecision(ctx, session)
	if errors.Is(err, streams.ErrNotFound) || err == nil && last.GetBestShot() == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	frame, err := w.sessions.FrameAt(ctx, last.GetBestShot())
	if errors.Is(err, streams.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.objects.Put(ctx, objects.BestShotName(session), frame.GetMediaType(), bytes.NewReader(frame.GetImage()))
}

// maxRebuilds bounds how often a video is made again because frames arrived while it was being made.
const maxRebuilds = 10

// makeCurrent builds the session's video until it holds every stored frame. It does nothing when it already does.
func (w *Worker) makeCurrent(ctx context.Context, session string, v schemas.Video, try int) error {
	for range maxRebuilds {
		before, err := w.sessions.LastVideo(ctx, session)
		if err != nil && !errors.Is(err, streams.ErrNotFound) {
			return err
		}
		fresh, err := w.holdsAll(ctx, session, before, v.Codec)
		if err != nil || fresh {
			return err
		}
		if err := w.build(ctx, session, v, before, try); err != nil {
			return err
		}
	}
	return nil
}

// holdsAll reports whether no frame was stored after the last one of a finished video.
func (w *Worker) holdsAll(ctx context.Context, session string, s *schemas.VideoStatus, codec string) (bool, error) {
	over := s.GetStatus() == schemas.VideoSuccess || s.GetStatus() == schemas.VideoError
	if !over || s.GetCodec() != codec {
		return false, nil
	}
	newer, err := w.newerThan(ctx, session, s.GetLastFrame())
	return !newer, err
}

// newerThan reports whether a frame was stored after the one with the sequence last.
func (w *Worker) newerThan(ctx context.Context, session string, last uint64) (bool, error) {
	f, err := w.sessions.LastFrame(ctx, session)
	if errors.Is(err, streams.ErrNotFound) {
		return false, nil
	}
	return err == nil && f.Sequence > last, err
}

// build creates the session's video once and stores it, unless frames arrived in the meantime that are not in it. A session
// without a decodable frame ends in status error.
func (w *Worker) build(ctx context.Context, session string, v schemas.Video, before *schemas.VideoStatus, try int) error {
	status := &schemas.VideoStatus{
		Version: schemas.Version, Session: session, Status: schemas.VideoExporting, Codec: v.Codec, StartedUnixNanos: time.Now().UnixNano(),
		Object: before.GetObject(), // the previous file, until it is replaced
	}
	if err := w.conn.PublishVideo(ctx, status); err != nil {
		return err
	}
	err := w.encodeSession(ctx, session, v, status, try)
	if errors.Is(err, errOutdated) {
		return nil
	}
	if ctx.Err() != nil { // interrupted, which is not a failure of the video
		return ctx.Err()
	}
	reason, over := w.final(err, try)
	countOutcome(sessionVideos, session, reason, over, err)
	if err != nil && !over {
		return fmt.Errorf("make the video of session %s: %w", session, err)
	}
	if over {
		status.Status, status.Reason, status.Percent, status.Object = schemas.VideoError, reason, 0, ""
		newest, err := w.sessions.LastFrame(ctx, session)
		if err != nil && !errors.Is(err, streams.ErrNotFound) {
			return err
		}
		status.LastFrame = newest.Sequence // only a new frame is a reason to try again
	}
	status.FinishedUnixNanos = time.Now().UnixNano()
	if err := w.conn.PublishVideo(ctx, status); err != nil {
		return err
	}
	if old := before.GetObject(); old != "" && old != status.GetObject() {
		return w.objects.Delete(ctx, old)
	}
	return nil
}

// errOutdated reports that frames arrived while the video of their session was made.
var errOutdated = errors.New("frames arrived while the video was being made")

// encodeSession creates and stores the file, and fills in the status.
func (w *Worker) encodeSession(ctx context.Context, session string, v schemas.Video, status *schemas.VideoStatus, try int) error {
	dir, err := w.scratch.job()
	if err != nil {
		return streams.Blame(streams.Infrastructure, err)
	}
	defer os.RemoveAll(dir)
	total, err := w.sessions.CountFrames(ctx, session)
	if err != nil {
		return err
	}
	f := film{kind: sessionVideos, session: session, try: try, options: stitch.Options{
		Codec: stitch.Codec(v.Codec), Bitrate: v.Bitrate, CRF: v.CRF, FrameRate: v.FrameRate, Fragmented: v.Fragmented,
		Path: filepath.Join(dir, session),
	}}
	skip := 0
	if largest := v.Canvas == schemas.CanvasLargest; largest || v.FramesLimit > 0 {
		s, size, err := w.survey(ctx, session, v.FramesLimit, largest)
		if err != nil {
			return err
		}
		skip, f.options.Width, f.options.Height = s, size.X, size.Y
	}
	f.frames = w.open(ctx, session, cut{}, skip, nil)
	defer f.frames.close()
	published := steps{at: time.Now()}
	r, err := w.make(ctx, f, func(read int64) {
		if percent := percentOf(read, total); published.due(percent, time.Now()) {
			status.Percent = uint32(percent)
			if err := w.conn.PublishVideo(ctx, status); err != nil {
				slog.Warn("publish the progress of a video", "session", session, "error", err)
			}
		}
	})
	status.LastFrame = f.frames.last.Load()
	var none *stitch.NoFramesError
	if errors.As(err, &none) {
		status.Skipped = uint32(none.Skipped)
	}
	if err != nil {
		return err
	}
	newer, err := w.newerThan(ctx, session, status.LastFrame)
	if err != nil {
		return err
	}
	if newer {
		return errOutdated
	}
	status.Object = objects.VideoName(session, r.Start, f.options.Codec.Ext())
	status.Status, status.Percent, status.MediaType = schemas.VideoSuccess, 100, f.options.Codec.ContentType()
	status.Frames, status.Skipped, status.DurationNanos = uint32(r.Frames), uint32(r.Skipped), int64(r.Duration)
	status.Bytes, status.Width, status.Height = uint64(r.Bytes), uint32(r.Width), uint32(r.Height)
	return w.objects.PutFile(ctx, status.Object, status.MediaType, f.options.Path)
}
