package main

import (
	"slices"
	"testing"

	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/workertest"
)

func TestHats(t *testing.T) {
	m := workertest.Models(t, "base")
	for _, picture := range []string{"conditions/frontal_zub.jpg", "conditions/open_eyes_d9.jpg"} {
		for _, hat := range []bool{false, true} {
			f := workertest.Face(t, m, workertest.Picture(t, picture), hats{})
			if hat { // painted red
				for p := range slices.Chunk(f.GetCrops()[0].GetPixels()[:3*64*14], 3) {
					copy(p, []byte{200, 20, 30})
				}
			}
			v, err := hats{}.Judge(t.Context(), f, workers.State{})
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(v.GetErrors(), 1100) != hat {
				t.Errorf("%s, hat %v: codes %v, %s", picture, hat, v.GetErrors(), v.GetEstimations().GetPlugins()["hats"])
			}
		}
	}
}
