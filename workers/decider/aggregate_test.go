package decider

import (
	"testing"

	"github.com/selene-liveness/selene/schemas"
)

// scores are one frame's that some worker measured, and states the detector read.
type scores struct {
	deepfake, modification *float64
	eyes, mouth, glasses   string
	unscored               bool // a score that is not given is not measured; otherwise it is good
}

// judge decides a live frame with these scores, which the matcher gives here as any worker may.
func (s *session) judge(m scores, change ...func(map[string]*schemas.Verdict)) *schemas.Decision {
	s.stored++
	v := live.verdicts(s.settings, s.state, 100+s.stored)
	e := v[schemas.WorkerDetector].Estimations
	if m.eyes != "" {
		e.Eyes.State = m.eyes
	}
	if m.mouth != "" {
		e.Mouth = &schemas.Mouth{State: m.mouth}
	}
	e.Eyeglasses = m.glasses
	given := v[schemas.WorkerMatcher]
	given.Estimations.Deepfake, given.Estimations.ImageModification = m.deepfake, m.modification
	if t := s.settings.Thresholds; !m.unscored {
		if m.deepfake == nil && t.Deepfake > 0 {
			given.Estimations.Deepfake = score(0.9)
		}
		if m.modification == nil && t.ImageModification > 0 {
			given.Estimations.ImageModification = score(0.9)
		}
	}
	for _, f := range change {
		f(v)
	}
	d := decide(s.settings, v)
	s.state = d.State
	s.state.LastDecision = s.stored
	return d
}

const scored = `{"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":3},"thresholds":{"liveness":0.5,"deepfake":0.5,"image_modification":0.5}}`

func TestMeansOfEveryScore(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		frames   []scores
		codes    []int32
	}{
		"real":                     {scored, []scores{{deepfake: score(0.6)}, {deepfake: score(0.4)}, {deepfake: score(0.6)}}, nil},
		"made by a machine":        {scored, []scores{{deepfake: score(0.6)}, {deepfake: score(0.3)}, {deepfake: score(0.5)}}, []int32{schemas.CodeDeepfake}},
		"original":                 {scored, []scores{{modification: score(0.5)}, {modification: score(0.5)}, {modification: score(0.5)}}, nil},
		"edited":                   {scored, []scores{{modification: score(0.1)}, {modification: score(0.9)}, {modification: score(0.4)}}, []int32{schemas.CodeImageModified}},
		"both, in check order":     {scored, []scores{{modification: score(0), deepfake: score(0)}, {modification: score(0), deepfake: score(0)}, {}}, []int32{schemas.CodeDeepfake, schemas.CodeImageModified}},
		"switched off":             {`{"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":3},"thresholds":{"deepfake":0,"image_modification":0}}`, []scores{{modification: score(0), deepfake: score(0)}, {}, {}}, nil},
		"not before it is full":    {scored, []scores{{deepfake: score(0)}, {deepfake: score(0)}}, []int32{schemas.CodeMoreFrames}},
		"the window slides onward": {scored, []scores{{deepfake: score(0)}, {deepfake: score(0)}, {deepfake: score(0.8)}, {deepfake: score(0.8)}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, c.document)
			var d *schemas.Decision
			for _, f := range c.frames {
				d = s.judge(f)
			}
			outcome := inTurn
			if c.codes == nil {
				outcome = schemas.Outcome_OUTCOME_PASSED
			}
			expect(t, d, outcome, c.codes...)
		})
	}
}

// A judge's verdict on one frame does not override the mean; a verdict without a score does.
func TestOpinionsWithAndWithoutScores(t *testing.T) {
	says := func(code int32) func(map[string]*schemas.Verdict) {
		return func(v map[string]*schemas.Verdict) { v[schemas.WorkerMatcher].Errors = []int32{code} }
	}
	s := open(t, passive)
	s.judge(scores{deepfake: score(0.9), modification: score(0.9)})
	s.judge(scores{deepfake: score(0.1)}, says(schemas.CodeDeepfake))
	expect(t, s.judge(scores{modification: score(0.3)}, says(schemas.CodeImageModified)), schemas.Outcome_OUTCOME_PASSED)
	expect(t, open(t, passive).judge(scores{}, says(schemas.CodeDeepfake)), inTurn, schemas.CodeDeepfake)

	// No score at all where there should be one is the liveness worker's to say, and counts as an attempt at it.
	s = open(t, passive)
	d := s.judge(scores{}, func(v map[string]*schemas.Verdict) {
		v[schemas.WorkerLiveness].Estimations.Liveness, v[schemas.WorkerLiveness].Errors = nil, []int32{schemas.CodeLivenessNone}
	})
	expect(t, d, inTurn, schemas.CodeLivenessNone)
	if s.state.GetLivenessAttempts() != 1 || len(s.state.GetWindow()) != 0 {
		t.Errorf("liveness attempts %d, window %v", s.state.GetLivenessAttempts(), s.state.GetWindow())
	}
}

func TestMajorities(t *testing.T) {
	for name, c := range map[string]struct {
		frames []scores
		want   scores
	}{
		"most":                {[]scores{{eyes: "open", mouth: "closed", glasses: "eyeglasses"}, {eyes: "closed", mouth: "smile", glasses: "no_glasses"}, {eyes: "open", mouth: "closed", glasses: "eyeglasses"}}, scores{eyes: "open", mouth: "closed", glasses: "eyeglasses"}},
		"the last is alone":   {[]scores{{eyes: "open", mouth: "smile"}, {eyes: "open", mouth: "smile"}, {eyes: "closed", mouth: "closed"}}, scores{eyes: "open", mouth: "smile"}},
		"the worst of equals": {[]scores{{eyes: "open", mouth: "closed", glasses: "no_glasses"}, {eyes: "occluded", mouth: "opened", glasses: "sunglasses"}, {eyes: "closed", mouth: "smile", glasses: "eyeglasses"}}, scores{eyes: "occluded", mouth: "opened", glasses: "sunglasses"}},
		"of those measured":   {[]scores{{glasses: "eyeglasses"}, {}, {glasses: "no_glasses"}}, scores{eyes: "open", glasses: "eyeglasses"}},
		"unknown is worst":    {[]scores{{mouth: "closed"}, {mouth: "whistling"}, {mouth: "occluded"}}, scores{eyes: "open", mouth: "whistling"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, passive)
			var d *schemas.Decision
			for _, f := range c.frames {
				d = s.judge(f)
			}
			e := d.GetEstimations()
			if got := (scores{eyes: e.GetEyes().GetState(), mouth: e.GetMouth().GetState(), glasses: e.GetEyeglasses()}); got != c.want {
				t.Errorf("reported %+v, want %+v", got, c.want)
			}
			// The window keeps the single states.
			for i, sample := range s.state.GetWindow() {
				if e := sample.GetEstimations(); c.frames[i].mouth != e.GetMouth().GetState() || c.frames[i].glasses != e.GetEyeglasses() {
					t.Errorf("sample %d: %v, was %+v", i, e, c.frames[i])
				}
			}
		})
	}
}

func TestWindowIsClearedWhenTheFaceIsLost(t *testing.T) {
	for _, code := range []int32{schemas.CodeNoFace, schemas.CodeManyFaces} {
		s := open(t, passive)
		s.play(live, live)
		expect(t, s.next(shot{detector: []int32{code}}), inTurn, code)
		if s.state.GetFaceLost() != 3 || len(s.state.GetWindow()) != 0 {
			t.Errorf("code %d: lost at frame %d, window %v", code, s.state.GetFaceLost(), s.state.GetWindow())
		}
		expect(t, s.play(live, live), inTurn, schemas.CodeMoreFrames)
		expect(t, s.next(live), schemas.Outcome_OUTCOME_PASSED)
		if s.state.GetFaceLost() != 3 {
			t.Errorf("lost at frame %d", s.state.GetFaceLost())
		}
	}
	s := open(t, passive)
	s.play(live, shot{detector: []int32{schemas.CodeBlurred}})
	if s.state.GetFaceLost() != 0 || len(s.state.GetWindow()) != 1 {
		t.Errorf("a blurred face counts as lost: %v", s.state)
	}
}
