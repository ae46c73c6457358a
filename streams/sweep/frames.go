package sweep

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// sweepFrames removes the frames of sessions whose video was finished video.expires ago. Meanwhile it holds one
// identifier for each session with frames.
func (s *Sweeper) sweepFrames(ctx context.Context, now time.Time, f *failures) {
	subjects, err := s.conn.Stream(streams.Frames).Subjects(ctx, streams.Subject(streams.KindFrame, "*"))
	if err != nil {
		f.add(fmt.Errorf("list sessions with frames: %w", err))
		return
	}
	for subject := range subjects {
		if ctx.Err() != nil {
			f.add(ctx.Err())
			return
		}
		f.add(s.sweepFramesOf(ctx, strings.TrimPrefix(subject, streams.Subject(streams.KindFrame, "")), now))
	}
}

// sweepFramesOf never removes a frame that is not in the video, nor any while the session or an export of it is running.
func (s *Sweeper) sweepFramesOf(ctx context.Context, session string, now time.Time) error {
	video, err := s.sessions.LastVideo(ctx, session)
	if errors.Is(err, streams.ErrNotFound) {
		return nil
	}
	if err != nil || video.GetStatus() != schemas.VideoSuccess {
		return err
	}
	keep, err := s.keepFrames(ctx, session)
	if err != nil || keep <= 0 || now.Sub(time.Unix(0, video.GetFinishedUnixNanos())) <= keep {
		return err
	}
	if live, err := s.sessions.IsLive(ctx, session); live || err != nil {
		return err
	}
	statuses := map[string]string{} // the newest of each job
	for v, err := range s.sessions.VideosOf(ctx, session) {
		if err != nil {
			return err
		}
		statuses[v.Message.GetJob()] = v.Message.GetStatus()
	}
	for _, status := range statuses {
		if status == schemas.VideoInQueue || status == schemas.VideoExporting {
			return nil
		}
	}
	return s.conn.Stream(streams.Frames).Purge(ctx, streams.Subject(streams.KindFrame, session), video.GetLastFrame()+1)
}

// keepFrames returns how long after its video a session's frames are kept; 0 = as long as the stream keeps them.
func (s *Sweeper) keepFrames(ctx context.Context, session string) (time.Duration, error) {
	event, err := streams.LastAs[schemas.SessionEvent](ctx, s.conn.Stream(streams.Sessions), streams.Subject(streams.KindSession, session))
	if errors.Is(err, streams.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the last event of %s: %w", session, err)
	}
	settings, err := s.settings.At(ctx, event.Message.GetSettingsRevision())
	if errors.Is(err, streams.ErrNotFound) { // the revision is too old
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return time.Duration(settings.Video.Expires) * time.Second, nil
}
