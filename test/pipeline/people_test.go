package pipeline

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/activeliveness"
	"github.com/selene-liveness/selene/workers/decider"
	"github.com/selene-liveness/selene/workers/detector"
	"github.com/selene-liveness/selene/workers/liveness"
	"github.com/selene-liveness/selene/workers/matcher"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// The person in the first clip talks, which these tests do not judge: the mouth may be open.
const passive = `{"virtual_camera_checker":{"is_enabled":false},"active_liveness":{"is_enabled":false},"thresholds":{"mouth_states":["smile","opened"]}}`

// product runs every worker with real models.
func product(t *testing.T, m *vision.Models, settings string) *streams.Conn {
	t.Helper()
	conn := installation(t, settings)
	startProduct(t, conn, m)
	return conn
}

func startProduct(t testing.TB, conn *streams.Conn, m *vision.Models) {
	t.Helper()
	startParts(t, func(string) *streams.Conn { return conn }, m)
}

// startParts starts each worker on the connection for its role.
func startParts(t testing.TB, as func(role string) *streams.Conn, m *vision.Models) {
	t.Helper()
	finder := as(schemas.WorkerDetector)
	registry := streams.NewRegistry(finder)
	judge := func(w workers.Worker) func(context.Context) error {
		conn := as(w.Name())
		return func(ctx context.Context) error { return workers.Run(ctx, conn, w, workers.Options{Concurrency: 2}) }
	}
	describer := as(schemas.WorkerMatcher)
	start(t,
		registry.Run, detector.New(finder, m, pictures.Here(), registry, workers.Options{Concurrency: 2}).Run, decider.New(as(decider.Name)).Run,
		judge(liveness.New(m)), judge(activeliveness.New()),
		func(ctx context.Context) error {
			return matcher.Run(ctx, describer, m, pictures.Here(), workers.Options{Concurrency: 2})
		},
	)
	streamstest.Eventually(t, func() error {
		if n := len(registry.All()); n != 5 {
			return fmt.Errorf("%d of 5 workers are there", n)
		}
		return nil
	})
}

func TestOnePersonPasses(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		clip := workertest.Lively(t, m, "real_lp_d_d10.mp4", 8)
		c := connect(t, product(t, m, passive))
		var d *schemas.Decision
		for n, image := range clip {
			if d = c.judge(image); d.GetOutcome().Terminal() {
				break
			}
			if n < 4 && !slices.Equal(d.GetErrors(), []int32{schemas.CodeMoreFrames}) {
				t.Errorf("frame %d: codes %v, failure %v", n+1, d.GetErrors(), d.GetFailure())
			}
		}
		if d.GetOutcome() != schemas.Outcome_OUTCOME_PASSED {
			t.Fatalf("%v, codes %v", d.GetOutcome(), d.GetErrors())
		}
		e := d.GetEstimations()
		if scored := m.Has(vision.RoleAntispoof); (e.Liveness != nil) != scored || scored && e.GetLiveness() < 0.9 {
			t.Errorf("liveness %v, a model for it: %v", e.Liveness, scored)
		}
		if e.GetPreviousFaceSimilarity() < 0.85 || e.GetHeadPose() == nil || e.GetEyes().GetState() != schemas.EyeOpen {
			t.Errorf("measured %v", e)
		}
		best, err := sessions.New(c.conn).FrameAt(streamstest.Context(t), d.GetBestShot())
		if err != nil || best.GetName().GetSession() != c.id {
			t.Errorf("best shot %d: %v", d.GetBestShot(), err)
		}
		if all := c.decisions(); len(all) != int(d.GetName().GetSequence()) {
			t.Errorf("%d decisions stored on %d frames", len(all), d.GetName().GetSequence())
		}
	})
}

func TestTwoPeopleInTurn(t *testing.T) {
	a, b := workertest.Clip(t, "real_lp_d_d0.mp4", 1, 1)[0], workertest.Clip(t, "real_lp_d_d10.mp4", 1, 1)[0]
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		c := connect(t, product(t, m, passive))
		if d := c.judge(a); !slices.Equal(d.GetErrors(), []int32{schemas.CodeMoreFrames}) {
			t.Errorf("the first: codes %v", d.GetErrors())
		}
		if d := c.judge(b); d.GetOutcome().Terminal() || !slices.Equal(d.GetErrors(), []int32{schemas.CodeDifferentFace}) {
			t.Errorf("one picture of the second: %v with codes %v", d.GetOutcome(), d.GetErrors())
		}
		if d := c.judge(b); d.GetOutcome() != schemas.Outcome_OUTCOME_DIFFERENT_FACE || !slices.Equal(d.GetErrors(), []int32{schemas.CodeDifferentFace}) {
			t.Errorf("the second: %v with codes %v", d.GetOutcome(), d.GetErrors())
		}
	})
}

// A person who does nothing is prompted until too many actions have failed.
func TestAStillPhotoFails(t *testing.T) {
	m := workertest.Models(t, "zoo")
	photo := workertest.Picture(t, "conditions/frontal_zub.jpg")
	c := connect(t, product(t, m, `{"virtual_camera_checker":{"is_enabled":false},"active_liveness":{"interaction_list":["yaw_left","blink"],"interaction_count":2,"step_timeout_seconds":1,"max_failed_steps":1}}`))
	var d *schemas.Decision
	for range 40 {
		d = c.judge(photo)
		if d.GetOutcome().Terminal() {
			break
		}
		if d.GetEstimations().GetActiveLiveness().GetDone() != 0 {
			t.Fatalf("did %v", d.GetEstimations().GetActiveLiveness())
		}
	}
	if d.GetOutcome() != schemas.Outcome_OUTCOME_ACTIONS_FAILED || !slices.Contains(d.GetErrors(), schemas.CodeActionsFailed) {
		t.Errorf("%v with codes %v", d.GetOutcome(), d.GetErrors())
	}
}

func TestGarbageIsAnswered(t *testing.T) {
	c := connect(t, product(t, workertest.Models(t, "zoo"), passive))
	if d := c.judge([]byte("no image")); d.GetFailure().GetCode() != schemas.SystemUndecodable || d.GetState().GetAttempts() != 0 {
		t.Errorf("decided %v", d)
	}
	if d := c.judge(workertest.Picture(t, "conditions/frontal_zub.jpg")); !slices.Equal(d.GetErrors(), []int32{schemas.CodeMoreFrames}) {
		t.Errorf("the frame after it: codes %v, failure %v", d.GetErrors(), d.GetFailure())
	}
}
