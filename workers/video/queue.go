package video

import (
	"context"
	"errors"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// enqueue records that the video of a session waits to be made. It has its own consumer, because the consumer that makes
// videos fetches nothing while all slots are taken.
func (w *Worker) enqueue(ctx context.Context, d *streams.Delivery) error {
	event, err := streams.Decode(d, &schemas.SessionEvent{})
	if err != nil || event.GetKind() != schemas.SessionEventKind_SESSION_CLOSED {
		return err
	}
	settings, err := w.settings.At(ctx, event.GetSettingsRevision())
	if err != nil {
		return err
	}
	if err := w.publishFirst(ctx, &schemas.VideoStatus{
		Version: schemas.Version, Session: event.GetSession(), Status: schemas.VideoInQueue, Codec: settings.Video.Codec,
	}); err != nil {
		return err
	}
	return w.eraseIfErased(ctx, event.GetSession())
}

// publishFirst stores the first state of a session's own video. It stores nothing when one exists.
func (w *Worker) publishFirst(ctx context.Context, v *schemas.VideoStatus) error {
	subject, newest := streams.Subject(streams.KindVideo, v.GetSession()), uint64(0)
	last, err := w.conn.Stream(streams.Videos).Last(ctx, subject)
	switch {
	case err == nil:
		newest = last.Sequence // possibly that of an export
	case !errors.Is(err, streams.ErrNotFound):
		return err
	}
	if _, err := w.sessions.LastVideo(ctx, v.GetSession()); !errors.Is(err, streams.ErrNotFound) {
		return err
	}
	_, err = w.conn.PublishMessage(ctx, subject, v, streams.PublishOptions{Last: &newest})
	if errors.Is(err, streams.ErrChanged) { // another process was faster
		return nil
	}
	return err
}
