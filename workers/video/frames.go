package video

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers/video/stitch"
)

// source reads a session's frames back one after another.
type source struct {
	pull func() (streams.Stored[*schemas.Frame], error, bool)
	stop func()
	skip int    // frames before the first that is wanted
	last uint64 // stream sequence of the newest frame read
}

// open prepares to read the last limit frames of a session, all of them when limit is 0.
func (w *Worker) open(ctx context.Context, session string, limit int) (*source, error) {
	s := &source{}
	if limit > 0 {
		count := 0
		for f, err := range w.conn.FramesOf(ctx, session) {
			if err != nil {
				return nil, err
			}
			if isFirst(f.Message) {
				count++
			}
		}
		s.skip = max(0, count-limit)
	}
	s.pull, s.stop = iter.Pull2(w.conn.FramesOf(ctx, session))
	return s, nil
}

func (s *source) close() { s.stop() }

// next is a stitch.Source.
func (s *source) next(context.Context) (stitch.Frame, error) {
	for {
		f, err, ok := s.pull()
		if !ok {
			return stitch.Frame{}, io.EOF
		}
		if err != nil {
			return stitch.Frame{}, err
		}
		s.last = f.Sequence
		if !isFirst(f.Message) {
			continue
		}
		if s.skip > 0 {
			s.skip--
			continue
		}
		return stitch.Frame{Image: f.Message.GetImage(), At: time.Unix(0, f.Message.GetReceivedUnixNanos())}, nil
	}
}

// isFirst says whether the frame is not one that an edge published again because nobody answered.
func isFirst(f *schemas.Frame) bool { return f.GetAttempt() == 0 }
