package announce

import (
	"context"
	"errors"
	"fmt"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// storeOutcome stores how it went to notify others of a video or an export. It keeps nothing of a session that was erased in the
// meantime.
func storeOutcome(ctx context.Context, conn *streams.Conn, a *schemas.Announcement) error {
	subject := streams.Subject(streams.KindAnnouncement, a.GetSession())
	if _, err := conn.PublishMessage(ctx, subject, a, streams.PublishOptions{}); err != nil {
		return err
	}
	_, err := conn.Stream(streams.Videos).Last(ctx, streams.Subject(streams.KindVideo, a.GetSession()))
	if errors.Is(err, streams.ErrNotFound) {
		err = conn.Stream(streams.Announcements).Purge(ctx, subject, 0)
	}
	if err != nil {
		return fmt.Errorf("check whether session %s was erased: %w", a.GetSession(), err)
	}
	return nil
}
