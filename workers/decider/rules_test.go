package decider

import (
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

const (
	passive = `{"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":3}}`
	inTurn  = schemas.Outcome_OUTCOME_CONTINUE
)

var live = shot{live: score(0.9)}

func expect(t *testing.T, d *schemas.Decision, outcome schemas.Outcome, codes ...int32) {
	t.Helper()
	if d.GetOutcome() != outcome || !slices.Equal(d.GetErrors(), codes) {
		t.Errorf("%v with codes %v, want %v with %v", d.GetOutcome(), d.GetErrors(), outcome, codes)
	}
}

func TestDetectorErrorsEndTheFrame(t *testing.T) {
	s := open(t, `{"session":{"aggregate_frames":3}}`)
	asked := shot{live: score(0.9), actions: []int32{schemas.CodeTurnLeft}, pending: true, waive: schemas.PoseAndEyeCodes, state: map[string]string{schemas.WorkerActiveLiveness: "one"}}
	expect(t, s.next(asked), inTurn, schemas.CodeTurnLeft)
	before := proto.CloneOf(s.state)
	expect(t, s.next(shot{detector: []int32{schemas.CodeBlurred, schemas.CodeTooDark}}), inTurn, schemas.CodeBlurred, schemas.CodeTooDark)
	if !slices.Equal(s.state.GetWaived(), schemas.PoseAndEyeCodes) {
		t.Errorf("waived next: %v; a requested turn must survive a blurred frame", s.state.GetWaived())
	}
	if s.state.GetAttempts() != 1 || s.state.GetLivenessAttempts() != 0 || s.state.GetSequence() != 2 {
		t.Errorf("attempts %d, liveness attempts %d, sequence %d, want 1, 0, 2", s.state.GetAttempts(), s.state.GetLivenessAttempts(), s.state.GetSequence())
	}
	if len(s.state.GetWindow()) != len(before.GetWindow()) || string(s.state.GetWorkers()[schemas.WorkerActiveLiveness]) != "one" {
		t.Errorf("window %v, workers %v", s.state.GetWindow(), s.state.GetWorkers())
	}
	s.next(live)
	if len(s.state.GetWaived()) != 0 {
		t.Errorf("still waived without a request: %v", s.state.GetWaived())
	}
}

func TestWindow(t *testing.T) {
	fake := shot{live: score(0.1)}
	forgiven := shot{live: score(0.9), forgiven: []int32{schemas.CodeYawNeedLeft}}
	turned := shot{live: score(0), forgiven: []int32{schemas.CodeYawNeedLeft}}
	blurred := shot{detector: []int32{schemas.CodeBlurred}}
	for name, c := range map[string]struct {
		shots   []shot
		outcome schemas.Outcome
		codes   []int32
		mean    float64 // in the reply to the client; 0 = the frame's own
	}{
		"not full yet":                  {[]shot{live, live}, inTurn, []int32{schemas.CodeMoreFrames}, 0},
		"full":                          {[]shot{live, live, live}, schemas.Outcome_OUTCOME_PASSED, nil, 0.9},
		"one bad frame of three":        {[]shot{live, fake, live}, schemas.Outcome_OUTCOME_PASSED, nil, 1.9 / 3},
		"a bad frame before it is full": {[]shot{fake}, inTurn, []int32{schemas.CodeMoreFrames}, 0},
		"the last frame is the bad one": {[]shot{live, live, fake}, schemas.Outcome_OUTCOME_PASSED, nil, 1.9 / 3},
		"the mean is too low":           {[]shot{fake, live, fake}, inTurn, []int32{schemas.CodeLivenessFailed}, 1.1 / 3},
		"the window slides":             {[]shot{fake, fake, live, live}, schemas.Outcome_OUTCOME_PASSED, nil, 1.9 / 3},
		"and slides the other way":      {[]shot{live, fake, fake, fake}, inTurn, []int32{schemas.CodeLivenessFailed}, 0.1},
		"waived frames are not in it":   {[]shot{live, forgiven, live}, inTurn, []int32{schemas.CodeMoreFrames}, 0},
		"nor do they count against":     {[]shot{live, turned, live, turned, live}, schemas.Outcome_OUTCOME_PASSED, nil, 0.9},
		"failed frames do not empty it": {[]shot{live, live, blurred, live}, schemas.Outcome_OUTCOME_PASSED, nil, 0.9},
		"at the threshold":              {times(3, shot{live: score(0.5)}), schemas.Outcome_OUTCOME_PASSED, nil, 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, passive)
			d := s.play(c.shots...)
			expect(t, d, c.outcome, c.codes...)
			if got := d.GetEstimations().GetLiveness(); c.mean != 0 && (got < c.mean-1e-9 || got > c.mean+1e-9) {
				t.Errorf("liveness %v, want the mean %v", got, c.mean)
			}
			if n := len(s.state.GetWindow()); n > 3 {
				t.Errorf("%d frames in a window of 3", n)
			}
		})
	}
}

// Samples keep the frame's own score: a mean stored in the window would be averaged again.
func TestWindowKeepsSingleScores(t *testing.T) {
	s := open(t, passive)
	s.play(shot{live: score(0.2)}, shot{live: score(0.3)}, shot{live: score(0.4)})
	for i, want := range []float64{0.2, 0.3, 0.4} {
		if got := s.state.GetWindow()[i].GetEstimations().GetLiveness(); got != want {
			t.Errorf("sample %d: %v, want %v", i, got, want)
		}
	}
}

func TestActionCodesComeLast(t *testing.T) {
	s := open(t, `{"session":{"aggregate_frames":1}}`)
	expect(t, s.next(shot{live: score(0.1), actions: []int32{schemas.CodeYawStart}, pending: true}), inTurn, schemas.CodeLivenessFailed, schemas.CodeYawStart)
	expect(t, s.next(shot{live: score(0.9), pending: true}), inTurn, schemas.CodeActionPending)
	s = open(t, `{"session":{"aggregate_frames":1},"active_liveness":{"cooldown_frames_count":1}}`)
	expect(t, s.next(shot{live: score(0.1)}), inTurn, schemas.CodeLivenessFailed, schemas.CodeActionPending)
}

func TestCooldown(t *testing.T) {
	asked := shot{live: score(0.9), actions: []int32{schemas.CodeCloseEyes}, pending: true}
	passed := schemas.Outcome_OUTCOME_PASSED
	type want struct {
		outcome schemas.Outcome
		codes   []int32
	}
	wait, go_, pass := want{inTurn, []int32{schemas.CodeActionPending}}, want{inTurn, []int32{schemas.CodeCloseEyes}}, want{passed, nil}
	for name, c := range map[string]struct {
		document string
		shots    []shot
		want     []want
	}{
		"none": {`{"session":{"aggregate_frames":1},"active_liveness":{"cooldown_frames_count":0}}`, []shot{asked, live}, []want{go_, pass}},
		"two":  {`{"session":{"aggregate_frames":1}}`, []shot{asked, live, live, live}, []want{go_, wait, wait, pass}},
		"starts over": {
			`{"session":{"aggregate_frames":1}}`,
			[]shot{live, asked, live, live, live},
			[]want{wait, go_, wait, wait, pass},
		},
		"a failed frame does not cool": {
			`{"session":{"aggregate_frames":1}}`,
			[]shot{asked, live, {detector: []int32{schemas.CodeNoFace}}, live, live},
			[]want{go_, wait, {inTurn, []int32{schemas.CodeNoFace}}, wait, pass},
		},
		"no active liveness, no cooldown": {`{"session":{"aggregate_frames":1},"active_liveness":{"is_enabled":false}}`, []shot{live}, []want{pass}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, c.document)
			for i, f := range c.shots {
				d := s.next(f)
				if d.GetOutcome() != c.want[i].outcome || !slices.Equal(d.GetErrors(), c.want[i].codes) {
					t.Errorf("frame %d: %v %v, want %v", i+1, d.GetOutcome(), d.GetErrors(), c.want[i])
				}
			}
		})
	}
}

func TestLimitsOfAttempts(t *testing.T) {
	dark := shot{detector: []int32{schemas.CodeTooDark}}
	unlikely := shot{live: score(0.4)} // the window is full with the third
	frames, scored := schemas.Outcome_OUTCOME_ATTEMPTS_EXCEEDED, schemas.Outcome_OUTCOME_LIVENESS_ATTEMPTS_EXCEEDED
	doc := func(rest string) string {
		return `{"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":3,` + rest + `}}`
	}
	for name, c := range map[string]struct {
		document string
		shots    []shot
		outcome  schemas.Outcome
		codes    []int32
	}{
		"the last one allowed":          {doc(`"max_attempts":4`), times(4, dark), inTurn, []int32{schemas.CodeTooDark}},
		"one too many":                  {doc(`"max_attempts":4`), times(5, dark), frames, []int32{schemas.CodeTooDark, schemas.CodeAttemptsExceeded}},
		"frames that wait do not count": {doc(`"max_attempts":2`), append(times(2, dark), live, live, live), schemas.Outcome_OUTCOME_PASSED, nil},
		"no limit":                      {doc(`"max_attempts":null,"max_liveness_attempts":null,"duration_seconds":null`), times(500, dark), inTurn, []int32{schemas.CodeTooDark}},
		"scored, the last allowed":      {doc(`"max_liveness_attempts":4`), times(6, unlikely), inTurn, []int32{schemas.CodeLivenessFailed}},
		"scored, one too many":          {doc(`"max_liveness_attempts":4`), times(7, unlikely), scored, []int32{schemas.CodeLivenessFailed, schemas.CodeLivenessAttemptsExceeded}},
		"unscored frames do not count":  {doc(`"max_liveness_attempts":1`), append(times(9, dark), unlikely), inTurn, []int32{schemas.CodeMoreFrames}},
		"both at once":                  {doc(`"max_attempts":4,"max_liveness_attempts":4`), times(7, unlikely), frames, []int32{schemas.CodeLivenessFailed, schemas.CodeAttemptsExceeded}},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, c.document).play(c.shots...)
			expect(t, d, c.outcome, c.codes...)
			if (d.GetBestShot() != 0) != (c.outcome == schemas.Outcome_OUTCOME_PASSED) {
				t.Errorf("best shot %d", d.GetBestShot())
			}
		})
	}
}

func TestAnotherFaceEndsTheSession(t *testing.T) {
	s := open(t, `{"session":{"aggregate_frames":3,"max_attempts":2}}`)
	expect(t, s.play(live, live, shot{live: score(0.9), stranger: true, pending: true}), schemas.Outcome_OUTCOME_DIFFERENT_FACE, schemas.CodeDifferentFace)
	if len(s.state.GetWindow()) != 0 || !s.state.GetFake() {
		t.Errorf("marked as fake: %v; the window still holds the person before: %v", s.state.GetFake(), s.state.GetWindow())
	}
}

func TestFailuresDoNotCount(t *testing.T) {
	s := open(t, passive)
	s.play(live, live)
	before := proto.CloneOf(s.state)
	for worker, code := range map[string]int32{schemas.WorkerDetector: schemas.SystemUndecodable, schemas.WorkerMatcher: schemas.SystemInternal} {
		d := s.next(shot{live: score(0.9), fails: map[string]int32{worker: code}, state: map[string]string{worker: "half"}})
		if d.GetFailure().GetCode() != code || d.GetOutcome() != inTurn || len(d.GetErrors()) != 0 {
			t.Errorf("%s: %v", worker, d)
		}
	}
	if s.state.GetSequence() != before.GetSequence()+2 {
		t.Errorf("sequence %d after two failures, was %d", s.state.GetSequence(), before.GetSequence())
	}
	s.state.Sequence, s.state.LastDecision = before.GetSequence(), before.GetLastDecision()
	if !proto.Equal(s.state, before) {
		t.Errorf("state %v\n was %v", s.state, before)
	}
	expect(t, s.next(live), schemas.Outcome_OUTCOME_PASSED)
}

const withPlugin = `{"active_liveness":{"is_enabled":false},"virtual_camera_checker":{"is_enabled":false},"session":{"aggregate_frames":1},
	"workers":[{"name":"liveness","required":true},{"name":"matcher","required":true},{"name":"hats"}]}`

func TestAdvisoryWorkers(t *testing.T) {
	expect(t, open(t, withPlugin).next(shot{live: score(0.9), plugin: []int32{900}}), inTurn, 900)
	expect(t, open(t, withPlugin).next(shot{live: score(0.9), silent: []string{plugin}}), schemas.Outcome_OUTCOME_PASSED)
	d := open(t, withPlugin).next(shot{live: score(0.9), fails: map[string]int32{plugin: schemas.SystemInternal}})
	if d.GetFailure() != nil {
		t.Errorf("%v: a worker that is not required must not stop the session", d.GetFailure())
	}
	expect(t, d, schemas.Outcome_OUTCOME_PASSED)
}

func TestWorkersGetTheirStateBack(t *testing.T) {
	s := open(t, passive)
	s.next(shot{live: score(0.9), state: map[string]string{schemas.WorkerMatcher: "a", schemas.WorkerDetector: "b"}})
	s.next(shot{live: score(0.9), state: map[string]string{schemas.WorkerMatcher: "c"}}) // the detector says nothing: as it was
	if w := s.state.GetWorkers(); string(w[schemas.WorkerMatcher]) != "c" || string(w[schemas.WorkerDetector]) != "b" {
		t.Errorf("states %q", w)
	}
	s.next(shot{live: score(0.9), state: map[string]string{schemas.WorkerMatcher: ""}})
	if got, ok := s.state.GetWorkers()[schemas.WorkerMatcher]; !ok || len(got) != 0 {
		t.Errorf("an empty state is stored as %q", got)
	}
}

// randomShot is any frame at all.
func randomShot(r *rand.Rand) shot {
	f := shot{live: score(r.Float64()), state: map[string]string{schemas.WorkerDetector: string(rune('a' + r.IntN(26)))}}
	if r.IntN(4) == 0 {
		f.detector = []int32{schemas.CodeBlurred, schemas.CodeTooDark}[:1+r.IntN(2)]
	}
	if r.IntN(3) == 0 {
		f.forgiven = []int32{schemas.CodeEyesClosed}
	}
	if f.pending = r.IntN(3) == 0; f.pending {
		f.actions, f.waive = []int32{schemas.CodeCloseEyes}, schemas.PoseAndEyeCodes
	}
	f.stranger = r.IntN(40) == 0
	return f
}

// For any input, a session that continues has a reason, one that passed has no objections, and equal input gives equal
// bytes without being changed.
func TestAnySession(t *testing.T) {
	passed := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := open(t, `{"session":{"aggregate_frames":3,"max_attempts":20}}`)
		for range 30 {
			f := randomShot(r)
			given, state := f.verdicts(s.settings, proto.CloneOf(s.state), 1), proto.CloneOf(s.state)
			twin := map[string]*schemas.Verdict{}
			for w, v := range given {
				twin[w] = proto.CloneOf(v)
			}
			d := decide(s.settings, given)
			if a, b := bytesOf(t, d), bytesOf(t, decide(s.settings, twin)); a != b {
				t.Fatalf("seed %d: the same verdicts gave\n%x\n%x", seed, a, b)
			}
			scribble(d)
			for w, v := range given {
				if !proto.Equal(v, twin[w]) {
					t.Fatalf("seed %d: the verdict of %s was changed, or lives on in the state:\n%v\n%v", seed, w, v, twin[w])
				}
			}
			s.state = state
			d = s.next(f)
			if d.GetState().GetLastDecision() != 0 {
				t.Fatal("a decision that is not stored yet claims a sequence")
			}
			pass := d.GetOutcome() == schemas.Outcome_OUTCOME_PASSED
			if pass != (len(d.GetErrors()) == 0) || pass != (d.GetBestShot() != 0) {
				t.Fatalf("seed %d: %v with codes %v and best shot %d", seed, d.GetOutcome(), d.GetErrors(), d.GetBestShot())
			}
			if pass {
				passed++
			}
			if d.GetOutcome().Terminal() {
				break
			}
		}
		if s.state.GetAttempts() > 21 {
			t.Errorf("seed %d: %d attempts, 20 allowed", seed, s.state.GetAttempts())
		}
	}
	if passed < 10 {
		t.Errorf("only %d of the sessions passed: the frames are not a fair sample", passed)
	}
}

func bytesOf(t *testing.T, d *schemas.Decision) string {
	t.Helper()
	data, err := schemas.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// scribble overwrites everything in the state, which reveals memory that it shares with the verdicts.
func scribble(d *schemas.Decision) {
	for i := range d.State.Waived {
		d.State.Waived[i] = -1
	}
	for _, own := range d.State.Workers {
		for i := range own {
			own[i] = '#'
		}
	}
	for i := range d.Errors {
		d.Errors[i] = -1
	}
	for _, s := range d.State.Window {
		s.Frame = 0
		if s.Estimations.Liveness != nil {
			*s.Estimations.Liveness = -1
		}
		if s.Estimations.Eyes != nil {
			s.Estimations.Eyes.State = "#"
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	s := open(b, `{"session":{"aggregate_frames":5}}`)
	f := shot{live: score(0.9), actions: []int32{schemas.CodeTurnLeft}, pending: true, waive: schemas.PoseAndEyeCodes}
	s.play(times(6, f)...)
	verdicts := f.verdicts(s.settings, s.state, 7)
	for b.Loop() {
		decide(s.settings, verdicts)
	}
}
