package video

import (
	"context"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// queued tells that a session's video waits to be made. It has a consumer of its own: who makes videos fetches nothing
// while there is no room.
func (w *Worker) queued(ctx context.Context, d *streams.Delivery) error {
	event, err := streams.Decode(d, &schemas.SessionEvent{})
	if err != nil || event.GetKind() != schemas.SessionEventKind_SESSION_CLOSED {
		return err
	}
	settings, err := w.conn.SettingsAt(ctx, event.GetSettingsRevision())
	if err != nil {
		return err
	}
	if err := w.conn.PublishFirstVideo(ctx, &schemas.VideoStatus{
		Version: schemas.Version, Session: event.GetSession(), Status: schemas.VideoInQueue, Codec: settings.Video.Codec,
	}); err != nil {
		return err
	}
	return w.forgetErased(ctx, event.GetSession())
}
