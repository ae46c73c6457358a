package rerun

import (
	"context"
	"sync"

	"github.com/selene-liveness/selene/schemas"
)

// ahead asks for frames to come, each with the state it was recorded with, so that the workers have more than one frame of
// a session at a time. What they say holds if every state before turns out as it was.
type ahead struct {
	answers map[int]<-chan answer // by step
	ask     func(step int) <-chan answer
	stop    func() // and forget what was asked for
}

// answer is a step's frame, and what was said of it with its recorded state; no verdicts when that was not asked.
type answer struct {
	frame    *schemas.Frame
	verdicts map[string]*schemas.Verdict
	err      error
}

func newAhead(ctx context.Context, s *session) *ahead {
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	a := &ahead{answers: map[int]<-chan answer{}}
	a.ask = func(i int) <-chan answer {
		out := make(chan answer, 1)
		asking.Go(func() {
			step, a := s.rec.Steps[i], answer{}
			if a.frame, a.err = s.rec.Image(ctx, step); a.err == nil {
				a.verdicts, a.err = s.ask(ctx, step, a.frame, a.frame.GetState())
			}
			out <- a
		})
		return out
	}
	a.stop = func() {
		cancel()
		asking.Wait()
		clear(a.answers)
	}
	return a
}

// take returns the answer on a step that was asked for, or its frame alone.
func (s *session) take(ctx context.Context, i int) answer {
	if s.isSteady() {
		for next := i; next < min(i+s.run.options.Jobs, len(s.rec.Steps)); next++ {
			if s.ahead.answers[next] == nil {
				s.ahead.answers[next] = s.ahead.ask(next)
			}
		}
	}
	asked := s.ahead.answers[i]
	if asked == nil {
		frame, err := s.rec.Image(ctx, s.rec.Steps[i])
		return answer{frame: frame, err: err}
	}
	delete(s.ahead.answers, i)
	return <-asked
}

// isSteady says whether states can be hoped to turn out as they were: at least one has.
func (s *session) isSteady() bool {
	return s.state == nil && s.result.Frames > 0 && !s.otherFaces && !s.run.options.Original
}
