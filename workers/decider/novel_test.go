package decider

import (
	"slices"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// look decides a live frame whose eyes are so similar to the last ones, at a second of the session.
func (s *session) look(similarity *float64, second int) *schemas.Decision {
	verdicts := live.verdicts(s.settings, s.state, s.stored+1)
	found := verdicts[schemas.WorkerDetector].GetDetection()
	found.Similarity, found.Eyes = similarity, []byte("eyes")
	found.ReceivedUnixNanos = noon.Add(time.Duration(second) * time.Second).UnixNano()
	d := decide(s.settings, verdicts)
	s.state, s.stored = d.State, s.stored+1
	return d
}

func TestTheSamePictureFillsNoWindow(t *testing.T) {
	s := open(t, `{"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":3,"max_attempts":5,"max_liveness_attempts":5}}`)
	s.look(nil, 0)
	for second := range 20 {
		if d := s.look(score(same), second+1); !slices.Equal(d.GetErrors(), []int32{schemas.CodeSamePicture}) || d.GetOutcome().Terminal() {
			t.Fatalf("second %d: %v with codes %v", second+1, d.GetOutcome(), d.GetErrors())
		}
	}
	if n := len(s.state.GetWindow()); n != 1 {
		t.Errorf("%d frames in the window", n)
	}
	s.look(score(same-0.001), 30) // the first one is too old by now
	s.look(score(same-0.001), 31)
	if d := s.look(score(same-0.001), 32); d.GetOutcome() != schemas.Outcome_OUTCOME_PASSED {
		t.Errorf("a face that moves: %v with codes %v", d.GetOutcome(), d.GetErrors())
	}
}

func TestOnlyTheLastEyesAreKept(t *testing.T) {
	s := open(t, `{"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":8}}`)
	for second := range 7 {
		s.look(score(0.5), second)
	}
	kept := 0
	for _, w := range s.state.GetWindow() {
		if len(w.GetEyes()) > 0 {
			kept++
		}
	}
	if kept != remembered {
		t.Errorf("%d of %d samples keep their eyes, want %d", kept, len(s.state.GetWindow()), remembered)
	}
}

// A picture is at rest only some time after the last action, however many frames come.
func TestRestAfterTheLastAction(t *testing.T) {
	s := open(t, `{"session":{"aggregate_frames":1},"active_liveness":{"cooldown_frames_count":0}}`)
	show := func(f shot, at time.Duration) *schemas.Decision {
		verdicts := f.verdicts(s.settings, s.state, s.stored+1)
		verdicts[schemas.WorkerDetector].GetDetection().ReceivedUnixNanos = noon.Add(at).UnixNano()
		d := decide(s.settings, verdicts)
		s.state, s.stored = d.State, s.stored+1
		return d
	}
	show(shot{live: score(0.9), actions: []int32{schemas.CodeCloseEyes}, pending: true}, 0)
	for _, at := range []time.Duration{50, 200, 499} {
		if d := show(live, at*time.Millisecond); !slices.Equal(d.GetErrors(), []int32{schemas.CodeActionPending}) {
			t.Fatalf("%v ms after the action: %v with codes %v", at, d.GetOutcome(), d.GetErrors())
		}
	}
	if d := show(live, schemas.SettleTime); d.GetOutcome() != schemas.Outcome_OUTCOME_PASSED {
		t.Errorf("%v after the action: %v with codes %v", schemas.SettleTime, d.GetOutcome(), d.GetErrors())
	}
}
