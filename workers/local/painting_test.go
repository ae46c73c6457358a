package local_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/local"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/vision/modelstore"
	"github.com/selene-liveness/selene/workers/workertest"
)

// A painting five times was a success, with a pack that could not measure liveness and without requested actions.
func TestAPaintingDoesNotPassUnmeasured(t *testing.T) {
	painting := workertest.Picture(t, "conditions/painting_s9.jpg")
	workertest.Models(t, "base") // skips without it
	config := vision.Config{Library: modelstore.LibraryPath(modelstore.Dir()), Pack: filepath.Join(modelstore.Dir(), "base")}
	var roles []vision.Role
	for _, role := range vision.Roles() {
		if role != vision.RoleAntispoof && role != vision.RoleDeepfake {
			roles = append(roles, role)
		}
	}
	m, err := vision.Open(config, roles...)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const lenient = `"active_liveness":{"is_enabled":false},"workers":[],"thresholds":{"blur":0,"light":0,"dark":0,"illumination":0,"specularity":0,` +
		`"face_width":0,"face_height":0,"margin":0,"yaw":90,"pitch":90,"roll":90,"mouth_states":["opened","smile","occluded"]`
	pipeline, err := local.New(m, workertest.Settings(t, `{`+lenient+`}}`))
	if err != nil {
		t.Fatal(err)
	}
	s := pipeline.Open(id, seed, opened, nil)
	for n := range 10 {
		d, err := s.Judge(painting, opened.Add(time.Duration(n)*250*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		if d.GetOutcome() == schemas.Outcome_OUTCOME_PASSED || d.GetFailure() != nil || !slices.Contains(d.GetErrors(), schemas.CodeLivenessNone) {
			t.Fatalf("frame %d: %v, codes %v, %v", n+1, d.GetOutcome(), d.GetErrors(), d.GetFailure())
		}
		if d.GetOutcome() == schemas.Outcome_OUTCOME_NOT_MEASURED {
			return
		}
	}
	t.Error("the session goes on")
}
