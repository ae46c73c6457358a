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

// cut says which frames of a session are wanted.
type cut struct {
	from, to time.Time     // those that arrived in [from, to); zero = open
	duration time.Duration // instead of to: so long from from, or else from the first frame
}

// wants says whether a frame that arrived then is in the range.
func (c *cut) wants(at time.Time) bool {
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

// source reads a session's frames back one after another, with what is to be drawn into each. It holds two of them.
type source struct {
	draw *painter // nil draws nothing

	mu   sync.Mutex // of the rest: who encodes may still be reading when it is told to stop
	pull func() (streams.Stored[*schemas.Frame], error, bool)
	stop func()
	cut  cut
	skip int // wanted frames before the first that is taken
	held *streams.Stored[*schemas.Frame]

	read atomic.Int64  // frames read so far, whether wanted or not
	last atomic.Uint64 // stream sequence of the newest of them
}

// open prepares to read the frames of a session that c wants, after the first skip of them.
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

// next is a stitch.Source. It is one frame behind what it reads: what belongs to a frame was stored before the next one.
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
		if !isFirst(f.Message) || !s.cut.wants(arrived(f.Message)) {
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

// release gives out the held frame, which the one with the sequence next follows; io.EOF when none is held.
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

// isFirst says whether the frame is not one that an edge published again because nobody answered.
func isFirst(f *schemas.Frame) bool { return f.GetAttempt() == 0 }

func arrived(f *schemas.Frame) time.Time { return time.Unix(0, f.GetReceivedUnixNanos()) }
