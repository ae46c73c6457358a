package rerun

import (
	"context"
	"sync"

	"github.com/selene-liveness/selene/schemas"
)

// ahead publishes later frames in advance, each with its recorded state, so that the workers have more than one frame of a
// session at a time. Their verdicts are valid as long as every state before equals the recorded one.
type ahead struct {
	answers map[int]<-chan answer // by step
	ask     func(step int) <-chan answer
	stop    func() // stops asking and drops the answers
}

// answer is a step's frame, and the verdicts on it with its recorded state; nil when the workers were not run.
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

// take returns the answer on a step, or only its frame if it was not published in advance.
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

// isSteady reports whether later states are likely to equal the recorded ones, because at least one did.
func (s *session) isSteady() bool {
	return s.state == nil && s.result.Frames > 0 && !s.otherFaces && !s.run.options.Original
}
