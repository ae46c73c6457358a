package liveness

import (
	"math"
	"slices"
	"testing"

	"github.com/selene-liveness/selene/schemas"
)

func TestCodesOfScores(t *testing.T) {
	score := func(x float64) *float64 { return &x }
	for name, c := range map[string]struct {
		liveness, deepfake *float64
		want               []int32
	}{
		"no model":              {nil, nil, nil},
		"alive and real":        {score(0.9), score(0.9), nil},
		"not alive":             {score(0.1), score(0.9), []int32{schemas.CodeLivenessFailed}},
		"made by a machine":     {score(0.9), score(0.1), []int32{schemas.CodeDeepfake}},
		"no answer on liveness": {score(math.NaN()), score(0.9), []int32{schemas.CodeLivenessNone}},
		"no answer on deepfake": {score(0.9), score(math.Inf(1)), nil},
	} {
		e := &schemas.Estimations{Liveness: c.liveness, Deepfake: c.deepfake}
		if got := check(e, &schemas.DefaultSettings().Thresholds); !slices.Equal(got, c.want) {
			t.Errorf("%s: codes %v, want %v", name, got, c.want)
		}
		if e.Liveness != nil && math.IsNaN(*e.Liveness) {
			t.Errorf("%s: NaN or infinity became an estimation", name)
		}
	}
}
