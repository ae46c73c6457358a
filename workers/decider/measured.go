package decider

import (
	"slices"

	"github.com/selene-liveness/selene/schemas"
)

// measure is a score that settings can require.
type measure struct {
	threshold  float64 // 0 = off
	of         func(*schemas.Estimations) **float64
	low, none  int32 // codes
	everyFrame bool  // whether each frame must have it; otherwise one of the window must
}

func measures(t *schemas.Thresholds) []measure {
	return []measure{
		{
			t.Liveness, func(e *schemas.Estimations) **float64 { return &e.Liveness },
			schemas.CodeLivenessFailed, schemas.CodeLivenessNone, true,
		},
		{t.Deepfake, func(e *schemas.Estimations) **float64 { return &e.Deepfake }, schemas.CodeDeepfake, schemas.CodeDeepfakeNone, true},
		{
			t.ImageModification, func(e *schemas.Estimations) **float64 { return &e.ImageModification },
			schemas.CodeImageModified, schemas.CodeImageModificationNone, false,
		},
	}
}

func unmeasured(code int32) bool {
	return code == schemas.CodeLivenessNone || code == schemas.CodeDeepfakeNone || code == schemas.CodeImageModificationNone ||
		code == schemas.CodeSimilarityNone
}

// requireScores fails a frame that lacks a score that the settings require, whoever should have measured it: no session may
// pass on a check that was not made.
func (r *round) requireScores() {
	if r.d.State.Fake {
		return // it cannot pass, and has no judges
	}
	for _, m := range measures(&r.settings.Thresholds) {
		missing := m.everyFrame && m.threshold > 0 && *m.of(r.d.Estimations) == nil
		if missing && !slices.Contains(r.d.Errors, m.none) {
			r.d.Errors = append(r.d.Errors, m.none)
		}
	}
}
