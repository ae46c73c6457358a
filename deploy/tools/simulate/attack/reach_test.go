package attack

import (
	"errors"
	"flag"
	"math"
	"slices"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

var all = flag.Bool("reach", false, "measure every victim instead of a few")

// reached returns by how much a pack sees each action that an attacker shows: degrees of yaw or pitch from the photo at
// rest, or 1 for eyes that are closed.
func reached(t *testing.T, m *vision.Models, a *performer) map[request]float64 {
	t.Helper()
	look := func(l Look) *vision.Measurement {
		a.painter.paint(l, &a.img)
		_, out, err := measure(m, &a.img)
		if errors.Is(err, ErrUnusable) {
			return &vision.Measurement{}
		}
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	rest := look(Look{Scale: 1})
	most := map[request]float64{}
	for _, wanted := range requests {
		out := look(a.acts(string(wanted), seeded(1)))
		yaw, pitch := float64(out.Yaw-rest.Yaw), float64(out.Pitch-rest.Pitch)
		switch wanted {
		case schemas.ActionYawLeft:
			most[wanted] = math.Round(yaw)
		case schemas.ActionYawRight:
			most[wanted] = math.Round(-yaw)
		case schemas.ActionPitchUp:
			most[wanted] = math.Round(pitch)
		case schemas.ActionPitchDown:
			most[wanted] = math.Round(-pitch)
		case schemas.ActionBlink:
			if shut(out.RightEyeState, out.RightEyeOpenness, rest.RightEyeOpenness) && shut(out.LeftEyeState, out.LeftEyeOpenness, rest.LeftEyeOpenness) {
				most[wanted] = 1
			}
		}
	}
	return most
}

var thresholds = map[request]float64{
	schemas.ActionBlink: 1, schemas.ActionYawLeft: 25, schemas.ActionYawRight: 25, schemas.ActionPitchUp: 20, schemas.ActionPitchDown: 20,
}

func shut(state vision.EyeState, openness, open float32) bool {
	if state != vision.EyeUnknown {
		return state == vision.EyeClosed
	}
	return openness < 0.45*open
}

// Attackers that reach nothing prove nothing: most warps are seen as the actions they play.
func TestWarpsReachTheThresholds(t *testing.T) {
	zoo := workertest.Models(t, "zoo")
	names := victims
	if !*all {
		names = []string{"match/ageitgey/biden.jpg", "conditions/open_eyes_d9.jpg", "video/real_lp_d_d10.mp4"}
	}
	photos := map[string]*Photo{}
	for _, name := range names {
		if p := victim(t, zoo, name, 512); p != nil {
			photos[name] = p
		} else {
			t.Logf("%s: no use", name)
		}
	}
	for _, pack := range []string{"zoo", "base"} {
		m := workertest.Models(t, pack)
		for _, kind := range Kinds {
			if !slices.Contains([]string{"crude", "ellipsoid", "mesh", "sway"}, kind.Name) {
				continue
			}
			counts, sessions, everything := map[request]int{}, 0, 0
			for i, name := range names {
				if photos[name] == nil {
					continue
				}
				most := reached(t, m, kind.make([]*Photo{photos[name]}, uint64(i)))
				sessions++
				whole := true
				for _, r := range requests {
					if most[r] >= thresholds[r] {
						counts[r]++
					} else {
						whole = false
					}
				}
				if whole {
					everything++
				} else if *all {
					t.Logf("%s %s %s: %v", pack, kind.Name, name, most)
				}
			}
			t.Logf("%s %s: of %d, %d reach everything; %v", pack, kind.Name, sessions, everything, counts)
			for _, r := range requests {
				if pack == "zoo" && counts[r] < int(math.Ceil(float64(sessions)*0.6)) {
					t.Errorf("zoo sees %s of %s in %d of %d sessions, want most", r, kind.Name, counts[r], sessions)
				}
			}
		}
	}
}
