package video

import (
	"context"
	"io"
	"iter"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers/video/stitch"
)

// cut selects frames of a session by their time of arrival.
type cut struct {
	from, to time.Time     // frames that arrived in [from, to); zero = unbounded
	duration time.Duration // instead of to: counted from from, or from the first frame
}

// includes reports whether a frame that arrived at a time is selected. Calls must be in
// order: with a duration and no start, the first one sets the end.
func (c *cut) includes(at time.Time) bool {
	if at.Before(c.from) {
		return false
	}
	if c.duration > 0 && c.to.IsZero() {
		c.to = at.Add(c.duration)
		if !c.from.IsZero() {
			c.to = c.from.Add(c.duration)
		}
	}
	return c.to.IsZero() || at.Before(c.to)
}

// source reads the frames of a session one after another, with the drawing for each. It holds two of them.
type source struct {
	draw *painter // nil draws nothing

	mu   sync.Mutex // guards the fields below: the encoder may still be reading during close
	pull func() (streams.Stored[*schemas.Frame], error, bool)
	stop func()
	cut  cut
	skip int // selected frames to skip before the first
	held *streams.Stored[*schemas.Frame]

	read atomic.Int64  // frames read so far, selected or not
	last atomic.Uint64 // stream sequence of the newest of them
}

// open returns a source of the frames of a session that c selects, without the first skip of them.
func (w *Worker) open(ctx context.Context, session string, c cut, skip int, draw *painter) *source {
	s := &source{cut: c, skip: skip, draw: draw}
	s.pull, s.stop = iter.Pull2(w.sessions.FramesOf(ctx, session))
	return s
}

func (s *source) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
	if s.draw != nil {
		s.draw.close()
	}
}

// next implements stitch.Source. It returns a frame once the next one was read: by then everything about it is stored.
func (s *source) next(context.Context) (stitch.Frame, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		f, err, ok := s.pull()
		switch {
		case !ok:
			return s.release(math.MaxUint64)
		case err != nil:
			return stitch.Frame{}, err
		}
		s.read.Add(1)
		s.last.Store(f.Sequence)
		if !isFirst(f.Message) || !s.cut.includes(arrived(f.Message)) {
			continue
		}
		if s.skip > 0 {
			s.skip--
			continue
		}
		if s.held == nil {
			s.held = &f
			continue
		}
		frame, err := s.release(f.Sequence)
		s.held = &f
		return frame, err
	}
}

// release returns the held frame, which the one with the sequence next follows, and io.EOF when none is held.
func (s *source) release(next uint64) (stitch.Frame, error) {
	if s.held == nil {
		return stitch.Frame{}, io.EOF
	}
	held := *s.held
	s.held = nil
	out := stitch.Frame{Image: held.Message.GetImage(), At: arrived(held.Message)}
	if s.draw == nil {
		return out, nil
	}
	var err error
	out.Draw, err = s.draw.paint(held, next)
	return out, err
}

// isFirst reports whether the frame is not one that an edge published again because no reply came.
func isFirst(f *schemas.Frame) bool { return f.GetAttempt() == 0 }

func arrived(f *schemas.Frame) time.Time { return time.Unix(0, f.GetReceivedUnixNanos()) }
