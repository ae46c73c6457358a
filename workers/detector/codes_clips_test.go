package detector

import (
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// Real people pass with the default settings, and fail only the checks that their actions fail.
func TestRealClipsPass(t *testing.T) {
	turns := []int32{
		schemas.CodeYawNeedRight, schemas.CodeYawNeedLeft, schemas.CodeRollRight, schemas.CodeRollLeft, schemas.CodePitchNeedUp, schemas.CodePitchNeedDown,
	}
	for clip, may := range map[string][]int32{
		"real_lp_d_d0.mp4":           nil,
		"real_lp_d_d3.mp4":           {schemas.CodeMarginBottom, schemas.CodeEyesClosed, schemas.CodeMouthOpen}, // bows down to the rim, shouts
		"real_lp_d_d9.mp4":           {schemas.CodeEyesClosed},
		"real_lp_d_d10.mp4":          {schemas.CodeEyesClosed, schemas.CodeMouthOpen},
		"real_lp_d_d18.mp4":          {schemas.CodeEyesClosed, schemas.CodeMouthOpen},
		"real_lp_s_s18.mp4":          {schemas.CodeEyesClosed, schemas.CodeBlurred},
		"real_zub_webcam_turns.webm": append([]int32{schemas.CodeBlurred, schemas.CodeEyesUnknown, schemas.CodeEyesClosed}, turns...),
	} {
		t.Run(clip, func(t *testing.T) {
			frames := workertest.Clip(t, clip, 2, 30)
			workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
				passed, covered := 0, 0
				for i, f := range frames {
					v, _ := look(t, m, frame(f), `{}`)
					if len(v.GetErrors()) == 0 {
						passed++
					}
					for _, code := range v.GetErrors() {
						if !slices.Contains(may, code) {
							t.Errorf("frame %d: code %d %s; measured %v", i, code, schemas.CodeName(code), v.GetEstimations())
						}
						if code == schemas.CodeMouthOccluded || code == schemas.CodeEyesUnknown {
							covered++
						}
					}
				}
				if window := schemas.DefaultSettings().Session.AggregateFrames; passed < window {
					t.Errorf("%d of %d frames pass, a session needs %d", passed, len(frames), window)
				}
				if covered > 1 {
					t.Errorf("%d of %d frames are said to be covered", covered, len(frames))
				}
			})
		})
	}
}

type codesCounter struct {
	prometheus.Counter
	n int
}

func (c *codesCounter) Inc() { c.n++ }

// What fails before the mesh costs no network but the detector.
func TestEarlyFailuresRunNoNetwork(t *testing.T) {
	m := workertest.Models(t, "zoo")
	for name, c := range map[string]struct {
		picture, document string
		want              int
	}{
		"a good frame":       {codesFace, `{}`, 1},
		"closed eyes":        {"conditions/closed_eyes_d9.jpg", `{}`, 1},
		"many faces":         {"multi/two_people.jpg", `{}`, 0},
		"a blurred face":     {"conditions/blur_zub.jpg", `{}`, 0},
		"a face at the rim":  {codesFace, `{"thresholds":{"margin":200}}`, 0},
		"outside the region": {codesFace, `{"roi":{"center_x":0.2,"width":0.3}}`, 0},
	} {
		l := newLens(m, pictures.Here())
		counter := &codesCounter{}
		l.measurement = counter
		if _, _, err := l.look(t.Context(), frame(workertest.Picture(t, c.picture)), 1, workertest.Settings(t, c.document), judged); err != nil {
			t.Fatal(err)
		}
		if counter.n != c.want {
			t.Errorf("%s: measured %d times, want %d", name, counter.n, c.want)
		}
	}
}
