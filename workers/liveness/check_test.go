package liveness

import (
	"math"
	"slices"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/workertest"
)

func TestCodesOfScores(t *testing.T) {
	score := func(x float64) *float64 { return &x }
	both, off := `{"thresholds":{"liveness":0.5,"deepfake":0.5}}`, `{"thresholds":{"liveness":0,"deepfake":0}}`
	for name, c := range map[string]struct {
		liveness, deepfake *float64
		settings           string
		want               []int32
	}{
		"no model":                    {nil, nil, both, []int32{schemas.CodeLivenessNone, schemas.CodeDeepfakeNone}},
		"no model, none asked for":    {nil, nil, off, nil},
		"only deepfakes asked for":    {nil, nil, `{"thresholds":{"liveness":0,"deepfake":0.1}}`, []int32{schemas.CodeDeepfakeNone}},
		"only liveness asked for":     {nil, nil, `{"thresholds":{"liveness":0.1,"deepfake":0}}`, []int32{schemas.CodeLivenessNone}},
		"alive and real":              {score(0.9), score(0.9), both, nil},
		"not alive":                   {score(0.1), score(0.9), both, []int32{schemas.CodeLivenessFailed}},
		"made by a machine":           {score(0.9), score(0.1), both, []int32{schemas.CodeDeepfake}},
		"no answer on liveness":       {score(math.NaN()), score(0.9), both, []int32{schemas.CodeLivenessNone}},
		"no answer on deepfake":       {score(0.9), score(math.Inf(1)), both, []int32{schemas.CodeDeepfakeNone}},
		"no answer, none asked for":   {score(math.NaN()), score(math.NaN()), off, nil},
		"below a threshold that is 0": {score(0), score(0), off, nil},
	} {
		e := &schemas.Estimations{Liveness: c.liveness, Deepfake: c.deepfake}
		if got := check(e, &workertest.Settings(t, c.settings).Thresholds); !slices.Equal(got, c.want) {
			t.Errorf("%s: codes %v, want %v", name, got, c.want)
		}
		if e.Liveness != nil && notFinite(*e.Liveness) || e.Deepfake != nil && notFinite(*e.Deepfake) {
			t.Errorf("%s: NaN or infinity became an estimation", name)
		}
	}
}
