package simulate_test

import (
	"slices"
	"testing"

	"github.com/selene-liveness/selene/deploy/tools/simulate"
	"github.com/selene-liveness/selene/workers/workertest"
)

// The screen lights people in their rooms, and no recordings.
func TestPeopleAreLitByTheScreen(t *testing.T) {
	m, dir := workertest.Models(t, "zoo"), folder(t)
	settings := workertest.Settings(t, `{"light_challenge":{"is_enabled":true,"max_failed":1},"active_liveness":{"is_enabled":false},
"thresholds":{"liveness":0}}`)
	material, err := simulate.Load(t.Context(), dir, simulate.All, m, settings, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	kinds := slices.DeleteFunc(slices.Clone(simulate.Kinds), func(k simulate.Kind) bool {
		return k.Name != "person-dark" && k.Name != "cut-recording"
	})
	passed := map[string]bool{}
	sessions, err := simulate.Run(t.Context(), material, simulate.Options{Settings: settings, Kinds: kinds, Sessions: 1, Seed: 1, Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sessions {
		t.Log(s.Kind, s.Outcome, s.Codes, s.Took)
		passed[s.Kind] = s.Passed
	}
	if !passed["person-dark"] || passed["cut-recording"] {
		t.Errorf("passed: %v", passed)
	}
}
