package decider

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

func good() *schemas.Estimations {
	return &schemas.Estimations{
		Ags: score(0.8), Liveness: score(0.9), HeadPose: &schemas.HeadPose{},
		Eyes:         &schemas.Eyes{Left: "open", Right: "open", State: "open", LeftAspectRatio: 0.28, RightAspectRatio: 0.28},
		ImageQuality: &schemas.ImageQuality{Blur: 0.9, Light: 0.9, Darkness: 0.9, Illumination: 0.9, Specularity: 0.9},
	}
}

// A frame that is worse in any respect is not the best shot, however lively.
func TestBestShotScore(t *testing.T) {
	best := bestShotScore(good())
	for name, spoil := range map[string]func(*schemas.Estimations){
		"nearly shut eyes": func(e *schemas.Estimations) {
			e.Eyes.LeftAspectRatio, e.Eyes.RightAspectRatio, e.Liveness = 0.14, 0.14, score(0.999)
		},
		"one eye shut": func(e *schemas.Estimations) { e.Eyes.Right, e.Liveness = "closed", score(0.999) },
		"turned":       func(e *schemas.Estimations) { e.HeadPose.Yaw, e.Liveness = 15, score(0.999) },
		"blurred":      func(e *schemas.Estimations) { e.ImageQuality.Blur, e.Liveness = 0.65, score(0.999) },
		"dark":         func(e *schemas.Estimations) { e.ImageQuality.Darkness, e.Liveness = 0.55, score(0.999) },
		"poor":         func(e *schemas.Estimations) { e.Ags, e.Liveness = score(0.5), score(0.999) },
		"less alive":   func(e *schemas.Estimations) { e.Liveness = score(0.6) },
	} {
		e := good()
		spoil(e)
		if got := bestShotScore(e); got >= best || got <= 0 {
			t.Errorf("%s: %.3f, the good frame has %.3f", name, got, best)
		}
	}
	patch := good()
	patch.Eyes.Right, patch.Eyes.State = "occluded", "occluded"
	if bestShotScore(patch) != best {
		t.Error("an eye patch counts against every frame of its wearer")
	}
}

// seen is a live frame with these estimations.
func seen(e *schemas.Estimations) func(map[string]*schemas.Verdict) {
	return func(v map[string]*schemas.Verdict) {
		v[schemas.WorkerDetector].Estimations = e
		v[schemas.WorkerLiveness].Estimations.Liveness = e.Liveness
	}
}

// Every estimation of the best shot is of its own frame, even if it has left the window; the means are the session's.
func TestBestShotIsOneFrame(t *testing.T) {
	s := open(t, `{"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":3}}`)
	shut := good()
	shut.Eyes.LeftAspectRatio, shut.Liveness = 0.14, score(0.99)
	low, box := good(), &schemas.FramePosition{Face: &schemas.Rect{X: 7, Width: 200}, Frame: &schemas.Rect{Width: 640}}
	low.Liveness = score(0.1)
	best := good()
	best.FramePosition = box
	s.judge(scores{}, seen(proto.CloneOf(best))) // 101
	s.judge(scores{}, seen(proto.CloneOf(low)))
	s.judge(scores{}, seen(proto.CloneOf(low)))
	s.judge(scores{}, seen(proto.CloneOf(shut)))
	d := s.judge(scores{}, seen(proto.CloneOf(shut)))
	if d.GetOutcome() != schemas.Outcome_OUTCOME_PASSED || d.GetBestShot() != 101 {
		t.Fatalf("%v with codes %v and best shot %d", d.GetOutcome(), d.GetErrors(), d.GetBestShot())
	}
	if e := d.GetBestEstimations(); e.GetLiveness() != 0.9 || e.GetEyes().GetLeftAspectRatio() != 0.28 || e.GetFramePosition().GetFace().GetX() != 7 {
		t.Errorf("of another frame: %v", e)
	}
	if mean := d.GetEstimations().GetLiveness(); mean == 0.9 || mean == 0.99 {
		t.Errorf("liveness %v is not the mean", mean)
	}
}

// What was seen before an action, or before the face was lost, is not the best shot.
func TestBestShotStartsAgain(t *testing.T) {
	asked := shot{live: score(1), actions: []int32{schemas.CodeTurnLeft}, pending: true}
	worse := shot{live: score(0.7)}
	for name, between := range map[string]shot{"action": asked, "lost": {detector: []int32{schemas.CodeNoFace}}} {
		s := open(t, `{"session":{"aggregate_frames":1},"active_liveness":{"cooldown_frames_count":1}}`)
		d := s.play(live, between, worse, worse)
		if d.GetOutcome() != schemas.Outcome_OUTCOME_PASSED && name == "action" || d.GetState().GetBest().GetFrame() != 104 {
			t.Errorf("%s: %v with best shot %d", name, d.GetOutcome(), d.GetBestShot())
		}
	}
	forgiven := shot{live: score(0.9), forgiven: []int32{schemas.CodeYawNeedLeft}}
	s := open(t, `{"session":{"aggregate_frames":1},"active_liveness":{"cooldown_frames_count":0}}`)
	expect(t, s.play(live, asked, forgiven), inTurn, schemas.CodeMoreFrames)
	expect(t, s.next(live), schemas.Outcome_OUTCOME_PASSED)
}
