package announce

import (
	"context"
	"errors"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// storeOutcome stores how it went to notify others of a video or an export, unless the session was erased in the meantime.
func storeOutcome(ctx context.Context, conn *streams.Conn, a *schemas.Announcement) error {
	subject := streams.Subject(streams.KindAnnouncement, a.GetSession())
	_, err := conn.PublishMessage(ctx, subject, a, streams.PublishOptions{})
	if errors.Is(err, streams.ErrErased) {
		return nil
	}
	return err
}
