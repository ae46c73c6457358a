package streams

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// sweepFrames removes the frames of sessions whose video was finished video.expires ago. It holds one identifier for
// each session with frames meanwhile.
func (c *Conn) sweepFrames(ctx context.Context, now time.Time, f *failures) {
	subjects, err := c.Stream(Frames).Subjects(ctx, Subject(KindFrame, "*"))
	if err != nil {
		f.add(fmt.Errorf("list sessions with frames: %w", err))
		return
	}
	for s := range subjects {
		if ctx.Err() != nil {
			f.add(ctx.Err())
			return
		}
		f.add(c.sweepFramesOf(ctx, strings.TrimPrefix(s, Subject(KindFrame, "")), now))
	}
}

// sweepFramesOf removes no frame that is not in the video, and none while the session or an export of it goes on.
func (c *Conn) sweepFramesOf(ctx context.Context, session string, now time.Time) error {
	video, err := c.LastVideo(ctx, session)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil || video.GetStatus() != schemas.VideoSuccess {
		return err
	}
	expires, err := c.framesExpire(ctx, session)
	if err != nil || expires <= 0 || now.Sub(time.Unix(0, video.GetFinishedUnixNanos())) <= expires {
		return err
	}
	if live, err := c.isLive(ctx, session); live || err != nil {
		return err
	}
	jobs := map[string]string{}
	for v, err := range c.VideosOf(ctx, session) {
		if err != nil {
			return err
		}
		jobs[v.Message.GetJob()] = v.Message.GetStatus()
	}
	for _, status := range jobs {
		if status == schemas.VideoInQueue || status == schemas.VideoExporting {
			return nil
		}
	}
	return c.Stream(Frames).Purge(ctx, Subject(KindFrame, session), video.GetLastFrame()+1)
}

// framesExpire is how long after its video a session's frames are kept; 0 = as long as the stream keeps them.
func (c *Conn) framesExpire(ctx context.Context, session string) (time.Duration, error) {
	event, err := LastAs[schemas.SessionEvent](ctx, c.Stream(Sessions), Subject(KindSession, session))
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the last event of %s: %w", session, err)
	}
	s, err := c.SettingsAt(ctx, event.Message.GetSettingsRevision())
	if errors.Is(err, ErrNotFound) { // too many revisions ago
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return time.Duration(s.Video.Expires) * time.Second, nil
}
