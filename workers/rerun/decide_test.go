package rerun

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/schemas"
)

const liveness = schemas.WorkerLiveness

// sent returns a detector's verdict that sends the face to judges.
func sent(judges ...string) *schemas.Verdict {
	return &schemas.Verdict{
		Worker: schemas.WorkerDetector, Name: &schemas.FrameName{Sequence: 1},
		Detection: &schemas.Detection{Judges: judges, State: &schemas.SessionState{Seed: []byte{1}}},
	}
}

func TestVerdictsThatCount(t *testing.T) {
	required := parse(t, `{"virtual_camera_checker":{"is_enabled":false},"workers":[{"name":"liveness","required":true},{"name":"hat"}]}`)
	detector := map[string]*schemas.Verdict{schemas.WorkerDetector: sent(liveness, "hat")}
	for name, c := range map[string]struct {
		worker string
		step   Step
		want   bool
	}{
		"detector":              {schemas.WorkerDetector, Step{Decision: &schemas.Decision{}}, true},
		"counted then":          {"hat", Step{Decision: &schemas.Decision{Workers: []string{"hat"}}}, true},
		"too late then":         {"hat", Step{Decision: &schemas.Decision{}, Verdicts: detector}, false},
		"too late and required": {liveness, Step{Decision: &schemas.Decision{}, Verdicts: detector}, true},
		"new in the settings":   {"hat", Step{Decision: &schemas.Decision{}}, true},
		"not in the settings":   {"scarf", Step{Decision: &schemas.Decision{}}, false},
		"failed frame":          {"hat", Step{Decision: &schemas.Decision{Failure: &schemas.Failure{}}, Verdicts: detector}, true},
	} {
		s := &session{settings: required, run: &Run{}}
		if got := s.counts(c.worker, c.step); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestFramesThatFailAgain(t *testing.T) {
	required := parse(t, `{"virtual_camera_checker":{"is_enabled":false},"workers":[{"name":"liveness","required":true},{"name":"hat"}]}`)
	failure := &schemas.Decision{Failure: &schemas.Failure{}}
	for name, c := range map[string]struct {
		step Step
		want bool
	}{
		"did not fail":          {Step{Decision: &schemas.Decision{}}, false},
		"no detector":           {Step{Decision: failure}, true},
		"required judge late":   {Step{Decision: failure, Verdicts: map[string]*schemas.Verdict{schemas.WorkerDetector: sent(liveness)}}, true},
		"advisory judge late":   {Step{Decision: failure, Verdicts: map[string]*schemas.Verdict{schemas.WorkerDetector: sent("hat")}}, false},
		"the judge had failed":  {Step{Decision: failure, Verdicts: map[string]*schemas.Verdict{schemas.WorkerDetector: sent(liveness), liveness: {Failure: &schemas.Failure{}}}}, false},
		"required, and counted": {Step{Decision: &schemas.Decision{Failure: &schemas.Failure{}, Workers: []string{liveness}}, Verdicts: map[string]*schemas.Verdict{schemas.WorkerDetector: sent(liveness)}}, false},
	} {
		s := &session{settings: required, run: &Run{}}
		if got := s.failsAgain(c.step); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestRecordedVerdictsStandIn: those of workers that are not asked again.
func TestRecordedVerdictsStandIn(t *testing.T) {
	settings := parse(t, `{"virtual_camera_checker":{"is_enabled":false},"workers":[{"name":"liveness","required":true}]}`)
	then := Step{
		Decision: &schemas.Decision{Workers: []string{schemas.WorkerDetector, liveness}},
		Verdicts: map[string]*schemas.Verdict{schemas.WorkerDetector: sent(liveness), liveness: {Worker: liveness, Errors: []int32{schemas.CodeLivenessFailed}}},
	}
	s := &session{settings: settings, run: &Run{options: Options{Workers: []string{schemas.WorkerDetector}}}, result: &Result{}}
	said := map[string]*schemas.Verdict{schemas.WorkerDetector: sent(liveness)}
	d, err := s.decide(then, said)
	if err != nil || !slices.Contains(d.GetErrors(), schemas.CodeLivenessFailed) || !slices.Equal(d.GetWorkers(), then.Decision.GetWorkers()) {
		t.Errorf("decision %v, %v", d, err)
	}

	delete(then.Verdicts, liveness)
	_, err = s.decide(then, map[string]*schemas.Verdict{schemas.WorkerDetector: sent(liveness)})
	var unfit errUnfit
	if !errors.As(err, &unfit) || !strings.Contains(err.Error(), liveness) {
		t.Errorf("without the recorded verdict: %v", err)
	}

	s.run.options.Workers = nil // all are asked, and liveness does not run
	if _, err := s.decide(then, map[string]*schemas.Verdict{schemas.WorkerDetector: sent(liveness)}); err != nil || len(s.result.Notes) != 1 {
		t.Errorf("without the worker: %v, notes %q", err, s.result.Notes)
	}
}

// TestDetectorNotRun: its recorded verdict stands in with the state that the session has now.
func TestDetectorNotRun(t *testing.T) {
	recorded, now := sent(liveness), sent(liveness, "hat")
	now.Detection.State.Seed = []byte{2}
	got := inPlaceOf(now, recorded)
	if !slices.Equal(got.GetDetection().GetJudges(), []string{liveness, "hat"}) || got.GetDetection().GetState().GetSeed()[0] != 2 {
		t.Errorf("got %v", got)
	}
	if recorded.Detection.State.Seed[0] != 1 {
		t.Error("the recording was changed")
	}
	if inPlaceOf(sent(), recorded) != nil || inPlaceOf(now, &schemas.Verdict{}) != nil {
		t.Error("a recorded verdict is used for a frame that is not sent to judges")
	}
}

func TestFailedAgain(t *testing.T) {
	failed, fine := &schemas.Verdict{Failure: &schemas.Failure{}}, &schemas.Verdict{}
	for _, c := range []struct {
		now, then *schemas.Verdict
		want      bool
	}{{failed, fine, true}, {failed, nil, true}, {failed, failed, false}, {fine, failed, false}} {
		if got := newlyFailed(map[string]*schemas.Verdict{"w": c.now}, map[string]*schemas.Verdict{"w": c.then}); got != c.want {
			t.Errorf("%v then %v: %t", c.then, c.now, got)
		}
	}
}

func TestStatesAreComparedWithoutTheirPlace(t *testing.T) {
	a := &schemas.SessionState{Seed: []byte{1}, LastDecision: 5, SettingsRevision: 9}
	if !sameState(a, &schemas.SessionState{Seed: []byte{1}, LastDecision: 6}) || a.LastDecision != 5 {
		t.Errorf("equal states are reported as different because of their place: %v", a)
	}
	if sameState(a, &schemas.SessionState{Seed: []byte{2}}) || sameState(a, nil) {
		t.Error("different states are the same")
	}
}
