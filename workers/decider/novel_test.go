package decider

import (
	"slices"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// look decides a live frame that is so new, at a second of the session.
func (s *session) look(novelty *float64, second int) *schemas.Decision {
	verdicts := live.verdicts(s.settings, s.state, s.stored+1)
	found := verdicts[schemas.WorkerDetector].GetDetection()
	found.Novelty, found.Signature = novelty, []byte("face")
	found.ReceivedUnixNanos = noon.Add(time.Duration(second) * time.Second).UnixNano()
	d := decide(s.settings, verdicts)
	s.state, s.stored = d.State, s.stored+1
	return d
}

func TestTheSamePictureFillsNoWindow(t *testing.T) {
	s := open(t, `{"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":3,"max_attempts":5,"max_liveness_attempts":5}}`)
	s.look(nil, 0)
	for second := range 20 {
		if d := s.look(score(novel-0.01), second+1); !slices.Equal(d.GetErrors(), []int32{schemas.CodeSamePicture}) || d.GetOutcome().Terminal() {
			t.Fatalf("second %d: %v with codes %v", second+1, d.GetOutcome(), d.GetErrors())
		}
	}
	if n := len(s.state.GetWindow()); n != 1 {
		t.Errorf("%d frames in the window", n)
	}
	s.look(score(novel), 30) // the first one is too old by now
	s.look(score(novel), 31)
	if d := s.look(score(novel), 32); d.GetOutcome() != schemas.Outcome_OUTCOME_PASSED {
		t.Errorf("a face that moves: %v with codes %v", d.GetOutcome(), d.GetErrors())
	}
}

func TestOnlyTheLastSignaturesAreKept(t *testing.T) {
	s := open(t, `{"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":8}}`)
	for second := range 7 {
		s.look(score(1), second)
	}
	kept := 0
	for _, w := range s.state.GetWindow() {
		if len(w.GetSignature()) > 0 {
			kept++
		}
	}
	if kept != signed {
		t.Errorf("%d of %d samples keep a signature, want %d", kept, len(s.state.GetWindow()), signed)
	}
}
