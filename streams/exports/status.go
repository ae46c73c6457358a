package exports

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// publishStatuses stores the statuses of an export's sessions, other than erased ones, and returns their sequences in VIDEOS.
func (s *Store) publishStatuses(ctx context.Context, e *schemas.Export) (sequences []uint64, err error) {
	for _, session := range e.Order.Sessions {
		id := fmt.Sprintf("%s.%s.%s.%d", e.ID, session, e.Status, e.Percent)
		sequence, err := s.conn.PublishMessage(
			ctx,
			streams.Subject(streams.KindVideo, session),
			statusOf(e, session),
			streams.PublishOptions{ID: id},
		)
		if errors.Is(err, streams.ErrErased) {
			continue
		}
		if err != nil {
			return sequences, err
		}
		sequences = append(sequences, sequence)
	}
	return sequences, nil
}

// statusOf returns the part of an export's state that concerns a session.
func statusOf(e *schemas.Export, session string) *schemas.VideoStatus {
	s := &schemas.VideoStatus{
		Version: schemas.Version, Session: session, Job: e.ID, Status: e.Status, Reason: reasonFor(e, session),
		Percent: uint32(max(e.Percent, 0)), Codec: e.Order.Codec, //nolint:gosec // a percentage
	}
	if e.Started != nil {
		s.StartedUnixNanos = e.Started.UnixNano()
	}
	if e.Finished != nil {
		s.FinishedUnixNanos = e.Finished.UnixNano()
	}
	for _, f := range e.Files {
		if f.Session != session {
			continue
		}
		s.Object, s.FileName, s.MediaType, s.Codec = f.Object, f.Name, f.MediaType, f.Codec
		s.Bytes, s.Frames, s.Skipped = uint64(f.Bytes), uint32(f.Frames), uint32(f.Skipped) //nolint:gosec // counts of one file
		s.Width, s.Height = uint32(f.Width), uint32(f.Height)                               //nolint:gosec // sides of a video
		s.DurationNanos = int64(f.Duration * float64(time.Second))
	}
	return s
}

// reasonFor returns the reason without the IDs of other sessions, which erasing those could not remove from here.
func reasonFor(e *schemas.Export, session string) string {
	reason := e.Reason
	for _, other := range e.Order.Sessions {
		if other != session {
			reason = strings.ReplaceAll(reason, other, "of the same export")
		}
	}
	return reason
}
