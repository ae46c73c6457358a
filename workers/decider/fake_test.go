package decider

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

var spoof = shot{live: score(0.1)}

// Two windows that share no frame have to fail, with none between them that passes.
func TestWindowsThatFailMarkTheSession(t *testing.T) {
	noFace := shot{detector: []int32{schemas.CodeNoFace}}
	for name, c := range map[string]struct {
		shots  []shot
		marked bool
	}{
		"one window":                               {times(5, spoof), false},
		"two windows":                              {times(6, spoof), true},
		"other frames do not count":                {append(append(times(4, spoof), times(2, shot{detector: []int32{schemas.CodeBlurred}})...), spoof), false},
		"two windows around them":                  {append(append(times(4, spoof), times(2, shot{detector: []int32{schemas.CodeBlurred}})...), spoof, spoof), true},
		"a window between them passes":             {[]shot{spoof, spoof, spoof, spoof, live, {live: score(0.6)}, {live: score(0)}, spoof, spoof, spoof}, false},
		"the face is lost between":                 {append(append(times(3, spoof), noFace), times(3, spoof)...), true},
		"and the second is not full":               {append(append(times(3, spoof), noFace), times(2, spoof)...), false},
		"and the second passes":                    {append(append(times(3, spoof), noFace), spoof, live, live), false},
		"a waived frame does not enter the window": {append(times(5, spoof), times(9, shot{live: score(0), forgiven: []int32{schemas.CodeYawNeedLeft}})...), false},
		"not clearly":                              {times(30, shot{live: score(0.25)}), false},
		"clearly":                                  {times(6, shot{live: score(0.24)}), true},
		"none was full":                            {slices.Repeat([]shot{spoof, spoof, noFace}, 20), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, `{"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":3,"max_attempts":-1}}`)
			d := s.play(c.shots...)
			if s.state.GetFake() != c.marked || slices.Contains(d.GetErrors(), schemas.CodeSessionFake) != c.marked {
				t.Errorf("marked: %v, codes %v", s.state.GetFake(), d.GetErrors())
			}
		})
	}
}

// Whoever turns as a screen, and rests as a living person, does not pass: the frames of the actions count as well.
func TestActingFacesHaveToLive(t *testing.T) {
	const settings = `{"session":{"aggregate_frames":3,"max_attempts":-1,"max_liveness_attempts":-1}}`
	acting := func(x float64) []shot {
		return times(10, shot{
			live: score(x), actions: []int32{schemas.CodeTurnLeft}, pending: true, forgiven: []int32{schemas.CodeYawNeedLeft},
		})
	}
	for _, c := range []struct {
		acting float64
		passes bool
	}{{0.05, false}, {0.15, true}} { // 0.2 of the threshold of 0.5 is 0.1
		s := open(t, settings)
		s.play(acting(c.acting)...)
		d := s.play(times(4, live)...)
		if passed := d.GetOutcome() == schemas.Outcome_OUTCOME_PASSED; passed != c.passes || !passed && !slices.Contains(d.GetErrors(), schemas.CodeLivenessFailed) {
			t.Errorf("%v while acting, then live: %v with codes %v", c.acting, d.GetOutcome(), d.GetErrors())
		}
	}
	s := open(t, settings)
	s.play(acting(0.05)...)
	for range 40 {
		d := s.next(live)
		if d.GetOutcome().Terminal() {
			if d.GetOutcome() != schemas.Outcome_OUTCOME_FAKE {
				t.Errorf("the session ended as %v", d.GetOutcome())
			}
			return
		}
	}
	t.Error("the session does not end")
}

// A head that turns on request scores low; that counts against the session only after the action.
func TestWindowsDoNotCountDuringActions(t *testing.T) {
	s := open(t, `{"session":{"aggregate_frames":3,"max_attempts":-1,"max_liveness_attempts":-1}}`)
	s.play(times(30, shot{live: score(0), actions: []int32{schemas.CodeTurnLeft}, pending: true})...)
	if s.state.GetFake() || s.state.GetFailedWindows() != 0 {
		t.Errorf("marked %v after %d windows", s.state.GetFake(), s.state.GetFailedWindows())
	}
	s.play(times(3, spoof)...)
	if s.state.GetFake() {
		t.Error("marked too early")
	}
	s.next(spoof)
	if !s.state.GetFake() {
		t.Error("not marked")
	}
}

func TestOtherMeansMarkTheSessionToo(t *testing.T) {
	s := open(t, scored)
	for i := range 6 {
		d := s.judge(scores{deepfake: score(0.1)})
		if marked := i == 5; s.state.GetFake() != marked {
			t.Errorf("frame %d: marked %v, codes %v", i+1, s.state.GetFake(), d.GetErrors())
		}
	}
}

func TestVerdictsThatMarkTheSession(t *testing.T) {
	set := func(worker string, change func(*schemas.Verdict)) func(map[string]*schemas.Verdict) {
		return func(v map[string]*schemas.Verdict) { change(v[worker]) }
	}
	for name, c := range map[string]struct {
		change  func(map[string]*schemas.Verdict)
		marked  bool
		outcome schemas.Outcome
		codes   []int32
	}{
		"a judge":         {set(plugin, func(v *schemas.Verdict) { v.MarksFake = true }), true, inTurn, []int32{106}},
		"with its reason": {set(plugin, func(v *schemas.Verdict) { v.MarksFake, v.Errors = true, []int32{105} }), true, inTurn, []int32{105, 106}},
		"the detector":    {set(schemas.WorkerDetector, func(v *schemas.Verdict) { v.MarksFake = true }), true, inTurn, []int32{106}},
		"ends it as fake": {set(plugin, func(v *schemas.Verdict) { v.Ends = schemas.Outcome_OUTCOME_FAKE }), true, schemas.Outcome_OUTCOME_FAKE, nil},
		"only suspects":   {set(plugin, func(v *schemas.Verdict) { v.Errors = []int32{105} }), false, inTurn, []int32{105}},
		"would let it pass": {set(plugin, func(v *schemas.Verdict) {
			v.Ends, v.Errors = schemas.Outcome_OUTCOME_PASSED, []int32{900}
		}), false, inTurn, []int32{900}},
		"another person": {set(schemas.WorkerMatcher, func(v *schemas.Verdict) {
			v.Errors, v.Ends = []int32{104}, schemas.Outcome_OUTCOME_DIFFERENT_FACE
		}), true, schemas.Outcome_OUTCOME_DIFFERENT_FACE, []int32{104}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, withPlugin)
			expect(t, s.judge(scores{}, c.change), c.outcome, c.codes...)
			if s.state.GetFake() != c.marked {
				t.Errorf("marked %v, want %v", s.state.GetFake(), c.marked)
			}
		})
	}
}

// A marked session never passes, says so on every frame, and ends as fake when its attempts are used up.
func TestMarkedSession(t *testing.T) {
	s := open(t, `{"session":{"aggregate_frames":1,"max_attempts":6}}`)
	s.state.Fake = true
	expect(t, s.next(live), inTurn, schemas.CodeSessionFake)
	expect(t, s.next(shot{detector: []int32{schemas.CodeBlurred}}), inTurn, schemas.CodeBlurred, schemas.CodeSessionFake)
	expect(t, s.next(shot{live: score(0.9), actions: []int32{schemas.CodeTurnLeft}, pending: true}), inTurn, schemas.CodeSessionFake)
	expect(t, s.play(live, live, live), inTurn, schemas.CodeSessionFake)
	if len(s.state.GetWindow()) != 0 || s.state.GetCooldown() != 0 {
		t.Errorf("followed on: %v", s.state)
	}
	expect(t, s.next(live), schemas.Outcome_OUTCOME_FAKE, schemas.CodeSessionFake, schemas.CodeAttemptsExceeded)

	s = open(t, `{"session":{"max_liveness_attempts":1}}`)
	s.state.Fake = true
	expect(t, s.play(live, live), schemas.Outcome_OUTCOME_FAKE, schemas.CodeSessionFake, schemas.CodeLivenessAttemptsExceeded)

	s = open(t, passive)
	s.state.Fake = true
	expect(t, s.next(shot{live: score(0.9), stranger: true}), schemas.Outcome_OUTCOME_DIFFERENT_FACE, schemas.CodeDifferentFace)
}

// Regardless of its history, a session continues unchanged after its state was stored and read back, as on a resume at
// another edge.
func TestResumeKeepsEverything(t *testing.T) {
	shots := []shot{live, spoof, {detector: []int32{schemas.CodeNoFace}}, {live: score(0.9), actions: []int32{schemas.CodeCloseEyes}, pending: true, waive: schemas.PoseAndEyeCodes}, spoof, spoof, spoof, spoof, live}
	for cut := range shots {
		whole := open(t, `{"session":{"aggregate_frames":2,"max_attempts":7}}`)
		broken := open(t, `{"session":{"aggregate_frames":2,"max_attempts":7}}`)
		for i, f := range shots {
			if i == cut {
				data, err := proto.Marshal(broken.state)
				if err != nil {
					t.Fatal(err)
				}
				broken.state = &schemas.SessionState{}
				if err := proto.Unmarshal(data, broken.state); err != nil {
					t.Fatal(err)
				}
			}
			if a, b := bytesOf(t, whole.next(f)), bytesOf(t, broken.next(f)); a != b {
				t.Fatalf("cut before frame %d: frame %d is decided differently", cut+1, i+1)
			}
		}
		if whole.state.GetAttempts() != 5 || whole.state.GetLivenessAttempts() != 4 || !whole.state.GetFake() || whole.state.GetFaceLost() != 3 {
			t.Errorf("state %v", whole.state)
		}
	}
}
