package attack

import (
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/selene-liveness/selene/deploy/tools/simulate"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/local"
	"github.com/selene-liveness/selene/workers/workertest"
)

// One photo that is bent for each request passes no session on default settings: the crude jump, and warps at the speed of a head.
func TestWarpsDoNotPass(t *testing.T) {
	for pack, kinds := range map[string][]string{"zoo": {"crude", "mesh", "sway"}, "base": {"ellipsoid", "interpolated"}} {
		m := workertest.Models(t, pack)
		pipeline, err := local.New(m, workertest.Settings(t, `{}`))
		if err != nil {
			t.Fatal(err)
		}
		photo := victim(t, m, "match/deepface/df05_img26.jpg", 512)
		if photo == nil {
			t.Fatal("the victim cannot be used")
		}
		for i, kind := range Kinds {
			if !slices.Contains(kinds, kind.Name) {
				continue
			}
			t.Run(pack+" "+kind.Name, func(t *testing.T) {
				opened := time.Unix(1_800_000_000, 0)
				session := pipeline.Open(kind.Name, []byte("sixteen bytes of"), opened, nil)
				actor := kind.New([]*Photo{photo}, uint64(i))
				var reply simulate.Reply
				failures := map[string]int{}
				for {
					picture, err := actor.Next(reply)
					if errors.Is(err, io.EOF) {
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					d, err := session.Judge(picture.Image, opened.Add(picture.At))
					if err != nil {
						t.Fatal(err)
					}
					a := d.GetEstimations().GetActiveLiveness()
					failures[a.GetFailure()]++
					if d.GetOutcome() == schemas.Outcome_OUTCOME_PASSED {
						t.Fatalf("the photo passed after %v; steps failed: %v", picture.At, failures)
					}
					if d.GetOutcome().Terminal() {
						if failures["same_picture"]+failures["bent_picture"]+failures["not_a_turn"] == 0 {
							t.Errorf("%v with codes %v, for another reason than the warp: %v", d.GetOutcome(), d.GetErrors(), failures)
						}
						return
					}
					reply = simulate.Reply{Errors: d.GetErrors(), ActiveLiveness: a}
				}
			})
		}
	}
}
