package decider

import (
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// Somebody who takes their time is bounded by the duration alone.
func TestWaitingIsNoAttempt(t *testing.T) {
	asked := shot{live: score(0.9), actions: []int32{schemas.CodeTurnLeft}, pending: true}
	s := open(t, `{"session":{"aggregate_frames":1,"max_attempts":1,"max_liveness_attempts":1}}`)
	expect(t, s.play(times(120, asked)...), inTurn, schemas.CodeTurnLeft)
	if s.state.GetAttempts() != 0 || s.state.GetLivenessAttempts() != 0 {
		t.Errorf("%d attempts, %d at liveness", s.state.GetAttempts(), s.state.GetLivenessAttempts())
	}
	s.next(asked)
	expect(t, s.next(asked), schemas.Outcome_OUTCOME_DURATION_EXCEEDED, schemas.CodeTurnLeft, schemas.CodeDurationExceeded)
}

func TestDuration(t *testing.T) {
	s := open(t, `{"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":3,"duration_seconds":2}}`)
	expect(t, s.play(live, live, live), schemas.Outcome_OUTCOME_PASSED)
	s = open(t, `{"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":4,"duration_seconds":2}}`)
	expect(t, s.play(live, live, live, live), schemas.Outcome_OUTCOME_DURATION_EXCEEDED, schemas.CodeDurationExceeded)
	if first := noon.Add(time.Second).UnixNano(); s.state.GetFirstFrameUnixNanos() != first {
		t.Errorf("began at %d, want %d", s.state.GetFirstFrameUnixNanos(), first)
	}
	// Frames that nobody can judge do not extend it.
	s = open(t, `{"session":{"duration_seconds":2}}`)
	d := s.play(times(4, shot{fails: map[string]int32{schemas.WorkerDetector: schemas.SystemUndecodable}})...)
	expect(t, d, schemas.Outcome_OUTCOME_DURATION_EXCEEDED, schemas.CodeDurationExceeded)
}

// A marked session ends, whatever the limits are.
func TestMarkedSessionsEnd(t *testing.T) {
	s := open(t, `{"session":{"max_attempts":null,"max_liveness_attempts":null,"duration_seconds":null}}`)
	s.state.Fake = true
	expect(t, s.play(times(maxFakeFrames, live)...), inTurn, schemas.CodeSessionFake)
	expect(t, s.next(live), schemas.Outcome_OUTCOME_FAKE, schemas.CodeSessionFake)
}

func TestJudgesEndSessionsWithTheirCodes(t *testing.T) {
	s := open(t, `{}`)
	d := s.judge(scores{}, func(v map[string]*schemas.Verdict) {
		v[schemas.WorkerActiveLiveness].Ends = schemas.Outcome_OUTCOME_ACTIONS_FAILED
		v[schemas.WorkerActiveLiveness].Errors = []int32{schemas.CodeActionsFailed}
	})
	if d.GetOutcome() != schemas.Outcome_OUTCOME_ACTIONS_FAILED || d.GetErrors()[0] != schemas.CodeActionsFailed {
		t.Errorf("%v with codes %v", d.GetOutcome(), d.GetErrors())
	}
}

// A painting without a network to judge it: nothing measures, so nothing passes, with any list of workers.
func TestNothingPassesUnmeasured(t *testing.T) {
	unscored := scores{unscored: true}
	noScore := func(v map[string]*schemas.Verdict) { v[schemas.WorkerLiveness].Estimations.Liveness = nil }
	noWorker := func(v map[string]*schemas.Verdict) {
		delete(v, schemas.WorkerLiveness)
		v[schemas.WorkerDetector].Detection.Judges = nil
	}
	const off = `"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":3},`
	for name, c := range map[string]struct {
		document string
		change   func(map[string]*schemas.Verdict)
		code     int32
	}{
		"no network":  {`{` + off + `"workers":[]}`, noScore, schemas.CodeLivenessNone},
		"no worker":   {`{` + off + `"workers":[]}`, noWorker, schemas.CodeLivenessNone},
		"no deepfake": {`{` + off + `"thresholds":{"deepfake":0.5}}`, func(map[string]*schemas.Verdict) {}, schemas.CodeDeepfakeNone},
		"no similarity": {`{` + off + `"thresholds":{"liveness":0}}`, func(v map[string]*schemas.Verdict) {
			v[schemas.WorkerMatcher].Errors = []int32{schemas.CodeSimilarityNone}
		}, schemas.CodeSimilarityNone},
		"no modification": {`{` + off + `"thresholds":{"image_modification":0.5}}`, func(map[string]*schemas.Verdict) {}, schemas.CodeImageModificationNone},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, c.document)
			for i := range 6 {
				d := s.judge(unscored, c.change)
				if d.GetOutcome() == schemas.Outcome_OUTCOME_NOT_MEASURED {
					expect(t, d, schemas.Outcome_OUTCOME_NOT_MEASURED, c.code)
					return
				}
				if d.GetOutcome() != inTurn {
					t.Fatalf("frame %d: %v with codes %v", i+1, d.GetOutcome(), d.GetErrors())
				}
			}
			t.Error("the session goes on without its measurement")
		})
	}
	s := open(t, `{`+off+`"thresholds":{"liveness":0}}`)
	expect(t, s.play(shot{}, shot{}, shot{}), schemas.Outcome_OUTCOME_PASSED) // the setting says so
}
