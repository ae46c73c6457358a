package local_test

import (
	"slices"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/local"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// People who hold their device upside down or sideways are asked to hold it upright: they do not pass, and are not fakes.
func TestTurnedPicturesDoNotPass(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		pipeline, err := local.New(m, workertest.Settings(t, `{"active_liveness":{"is_enabled":false},"session":{"multiface_policy":1}}`))
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, clip := range []string{"real_lp_d_d18.mp4", "real_lp_d_d0.mp4"} {
			for _, turn := range []string{"hflip,vflip", "transpose=1", "transpose=2"} {
				s := pipeline.Open(id, seed, opened, nil)
				for n, frame := range workertest.JPEGs(t, workertest.Path(t, "video/"+clip), "fps=4,"+turn, 8) {
					d, err := s.Judge(frame, opened.Add(time.Duration(n)*250*time.Millisecond))
					if err != nil {
						t.Fatal(err)
					}
					codes := d.GetErrors()
					if slices.Contains(codes, schemas.CodeRollLeft) || slices.Contains(codes, schemas.CodeRollRight) {
						told++
					}
					if o := d.GetOutcome(); o == schemas.Outcome_OUTCOME_PASSED || o == schemas.Outcome_OUTCOME_FAKE || d.GetState().GetFake() {
						t.Fatalf("%s %s, frame %d: %v, codes %v", clip, turn, n+1, o, codes)
					}
				}
			}
		}
		if told < 40 {
			t.Errorf("%d frames say that the head is tilted, of some 80", told)
		}
	})
}
