package attack

import (
	"hash/crc32"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/selene-liveness/selene/deploy/tools/simulate"
	"github.com/selene-liveness/selene/workers/samepicture"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// turning is what active-liveness measures while a head turns.
type turning struct {
	rest       []byte
	yaw, pitch float64
	widest     float64   // degrees from the rest
	losses     []float64 // of similarity, by the square of the turn in degrees
}

// follow adds a frame, and returns the mean of the two smallest losses when a turn of 18 degrees and more is over.
func (u *turning) follow(r *rests, file []byte) (float64, bool) {
	if err := r.decoder.Decode(file, &r.img); err != nil {
		r.t.Fatal(err)
	}
	var err error
	if r.found, err = r.models.Detect(&r.img, r.found); err != nil || len(r.found) == 0 {
		return 0, false
	}
	var m vision.Measurement
	if err := r.models.Measure(&r.img, r.found[0], &m); err != nil {
		r.t.Fatal(err)
	}
	eyes := samepicture.Cut(&r.img, &m)
	if eyes == nil {
		return 0, false
	}
	yaw, pitch := float64(m.Yaw), float64(m.Pitch)
	if math.Abs(yaw) < 10 && math.Abs(pitch) < 15 && min(m.RightEyeOpenness, m.LeftEyeOpenness) > 0.16 {
		over := u.widest >= 18 && len(u.losses) > 0
		slices.Sort(u.losses)
		loss := 0.0
		for _, v := range u.losses[:min(2, len(u.losses))] {
			loss += v / float64(min(2, len(u.losses)))
		}
		*u = turning{rest: eyes, yaw: yaw, pitch: pitch}
		return loss, over
	}
	if d := math.Abs(yaw - u.yaw); u.rest != nil && d >= 10 && d <= 35 && math.Abs(pitch-u.pitch) <= 18 {
		v, err := samepicture.Similarity(u.rest, eyes)
		if err != nil {
			r.t.Fatal(err)
		}
		u.widest, u.losses = max(u.widest, d), append(u.losses, (1-v)/(d*d))
	}
	return 0, false
}

// BenchmarkBentPicture prints the share of turns whose eyes change less than a limit, in two halves of the clips and victims.
func BenchmarkBentPicture(t *testing.B) {
	for _, pack := range []string{"zoo", "base"} {
		m := workertest.Models(t, pack)
		r := &rests{t: t, models: m, decoder: vision.NewDecoder(1 << 24)}
		all := map[string]*[2][]float64{}
		put := func(kind, name string, loss float64) {
			if all[kind] == nil {
				all[kind] = new([2][]float64)
			}
			half := crc32.ChecksumIEEE([]byte(name)) % 2
			all[kind][half] = append(all[kind][half], loss)
		}
		for _, name := range []string{
			"alaa_selfie_hijab_turns.mp4", "dfl_ava2_woman_dark_hair.mp4", "dfl_ava3_woman_headset_turns.mp4", "dfl_dean1_older_man.mp4",
			"dfl_silwan0_woman_red_hair.mp4", "esunshin_standing_looks_round.mp4", "franck_talking.webm", "hanoon_selfie_blinks.mp4",
			"lp_d12_glasses_talks.mp4", "markx_woman_turns_round.mp4", "openface_webcam_turns.wmv", "petr_phone_swings.mp4",
			"tranvan_selfie_turns.mp4", "real_zub_webcam_turns.webm", "real_lp_d_d3.mp4",
		} {
			path := workertest.Path(t, filepath.Join("actions/real", name))
			if name == "real_zub_webcam_turns.webm" || name == "real_lp_d_d3.mp4" {
				path = workertest.Path(t, filepath.Join("video", name))
			}
			var u turning
			for _, picture := range workertest.JPEGs(t, path, "fps=8", 170) {
				if loss, over := u.follow(r, picture); over {
					put("people", name, loss)
				}
			}
		}
		for i, name := range victims[:18] {
			photo := victim(t, m, name, 512)
			if photo == nil {
				continue
			}
			for _, kind := range Kinds {
				if !slices.Contains([]string{"mesh", "ellipsoid", "sway"}, kind.Name) {
					continue
				}
				var u turning
				a := kind.make([]*Photo{photo}, uint64(i))
				play(t, a, func(_ int, _ request, f simulate.Picture) {
					if l := a.shown; math.Abs(l.Pitch) > 5 || l.Blink > 0 {
						return
					}
					if loss, over := u.follow(r, f.Image); over {
						put(kind.Name, name, loss)
					}
				})
			}
		}
		r.decoder.Close()
		for _, kind := range []string{"people", "mesh", "ellipsoid", "sway"} {
			for half, losses := range all[kind] {
				for _, limit := range []float64{1e-4, 1.5e-4, 1.8e-4, 2e-4, 2.5e-4, 3e-4} {
					n := 0
					for _, v := range losses {
						if v < limit {
							n++
						}
					}
					t.Logf("%s %-9s half %d: below %.5f %2d of %2d turns", pack, kind, half, limit, n, len(losses))
				}
			}
		}
	}
}
