package streams

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/selene-liveness/selene/schemas"
)

// PublishAnnouncement stores how it went to tell somebody of a video or an export. Of a session that was erased in the
// meantime nothing is kept.
func (c *Conn) PublishAnnouncement(ctx context.Context, a *schemas.Announcement) error {
	if _, err := c.PublishMessage(ctx, Subject(KindAnnouncement, a.GetSession()), a, PublishOptions{}); err != nil {
		return err
	}
	_, err := c.Stream(Videos).Last(ctx, Subject(KindVideo, a.GetSession()))
	if errors.Is(err, ErrNotFound) {
		err = c.Stream(Announcements).Purge(ctx, Subject(KindAnnouncement, a.GetSession()), 0)
	}
	if err != nil {
		return fmt.Errorf("check whether session %s was erased: %w", a.GetSession(), err)
	}
	return nil
}

// AnnouncementsOf yields how it went to tell others of the session's video and exports.
func (c *Conn) AnnouncementsOf(ctx context.Context, session string) iter.Seq2[Stored[*schemas.Announcement], error] {
	return ReadAs[schemas.Announcement](ctx, c.Stream(Announcements), Subject(KindAnnouncement, session))
}
