package streams

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
)

// PublishAnnouncement stores how it went to tell somebody of a video or an export. Of a session that was erased in the
// meantime nothing is kept.
func (c *Conn) PublishAnnouncement(ctx context.Context, a *schemas.Announcement) error {
	if _, err := c.store(ctx, subject(KindAnnouncement, a.GetSession()), a, ""); err != nil {
		return err
	}
	_, err := c.streams[Videos].GetLastMsgForSubject(ctx, subject(KindVideo, a.GetSession()))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		err = c.streams[Announcements].Purge(ctx, jetstream.WithPurgeSubject(subject(KindAnnouncement, a.GetSession())))
	}
	if err != nil {
		return Blame(Infrastructure, fmt.Errorf("see whether session %s was erased: %w", a.GetSession(), err))
	}
	return nil
}

// AnnouncementsOf yields how it went to tell others of the session's video and exports.
func (c *Conn) AnnouncementsOf(ctx context.Context, session string) iter.Seq2[Stored[*schemas.Announcement], error] {
	return readBack(ctx, c, Announcements, subject(KindAnnouncement, session), func() *schemas.Announcement { return &schemas.Announcement{} })
}
