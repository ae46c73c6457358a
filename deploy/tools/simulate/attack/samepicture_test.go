package attack

import (
	"hash/crc32"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/selene-liveness/selene/deploy/tools/simulate"
	"github.com/selene-liveness/selene/workers/samepicture"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// gaze is the look of a face at rest at a moment.
type gaze struct {
	at   time.Duration
	eyes []byte
}

// rests measures pictures and keeps the faces at rest, with open eyes.
type rests struct {
	t       testing.TB
	models  *vision.Models
	decoder *vision.Decoder
	img     vision.Image
	found   []vision.Detection

	yaw, pitch float64 // the largest ones at rest, degrees
}

func (r *rests) add(to []gaze, file []byte, at time.Duration) []gaze {
	if err := r.decoder.Decode(file, &r.img); err != nil {
		r.t.Fatal(err)
	}
	var err error
	if r.found, err = r.models.Detect(&r.img, r.found); err != nil || len(r.found) == 0 {
		return to
	}
	var m vision.Measurement
	if err := r.models.Measure(&r.img, r.found[0], &m); err != nil {
		r.t.Fatal(err)
	}
	open := min(m.RightEyeOpenness, m.LeftEyeOpenness) > 0.16
	if eyes := samepicture.Cut(&r.img, &m); eyes != nil && open && math.Abs(float64(m.Yaw)) < r.yaw && math.Abs(float64(m.Pitch)) < r.pitch {
		to = append(to, gaze{at, eyes})
	}
	return to
}

// similarities compares all faces that are more than a second apart.
func similarities(t testing.TB, faces []gaze) (out []float64) {
	for i := range faces {
		for j := range i {
			if faces[i].at-faces[j].at < time.Second {
				continue
			}
			v, err := samepicture.Similarity(faces[j].eyes, faces[i].eyes)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, v)
		}
	}
	return out
}

// BenchmarkSamePicture prints the share of pairs of rests that are more alike than a limit, for people and for photos that are
// bent, in two halves of the clips and victims: the limit was set on the first.
func BenchmarkSamePicture(t *testing.B) {
	for _, pack := range []string{"zoo", "base"} {
		m := workertest.Models(t, pack)
		r := &rests{t: t, models: m, decoder: vision.NewDecoder(1 << 24), yaw: 10, pitch: 15}
		all := map[string]*[2][][]float64{}
		put := func(kind, name string, faces []gaze) {
			if s := similarities(t, faces); len(s) >= 10 {
				if all[kind] == nil {
					all[kind] = new([2][][]float64)
				}
				half := crc32.ChecksumIEEE([]byte(name)) % 2
				all[kind][half] = append(all[kind][half], s)
			}
		}
		files, _ := filepath.Glob(workertest.Path(t, "actions/real/*"))
		more, _ := filepath.Glob(workertest.Path(t, "video/real_*"))
		for _, file := range append(files, more...) {
			var faces []gaze
			for i, picture := range workertest.JPEGs(t, file, "fps=3", 45) {
				faces = r.add(faces, picture, time.Duration(i)*time.Second/3)
			}
			put("people", filepath.Base(file), faces)
		}
		for i, name := range victims[:18] {
			photo := victim(t, m, name, 512)
			if photo == nil {
				continue
			}
			for _, kind := range Kinds {
				if !slices.Contains([]string{"mesh", "ellipsoid", "sway", "crude"}, kind.Name) {
					continue
				}
				var faces []gaze
				a := kind.make([]*Photo{photo}, uint64(i))
				play(t, a, func(n int, _ request, f simulate.Picture) {
					if l := a.shown; n%2 == 0 && math.Abs(l.Yaw) < 3 && math.Abs(l.Pitch) < 3 && l.Blink == 0 && len(faces) < 30 {
						faces = r.add(faces, f.Image, f.At)
					}
				})
				put(kind.Name, name, faces)
			}
		}
		r.decoder.Close()
		for _, kind := range []string{"people", "mesh", "ellipsoid", "sway", "crude"} {
			for half, clips := range all[kind] {
				for _, limit := range []float64{.98, .985, .99, .992, .994, .996, .998} {
					sum := 0.0
					for _, s := range clips {
						n := 0
						for _, v := range s {
							if v > limit {
								n++
							}
						}
						sum += float64(n) / float64(len(s))
					}
					t.Logf("%s %-9s half %d, %2d clips: above %.3f %5.1f %%", pack, kind, half, len(clips), limit, 100*sum/float64(len(clips)))
				}
			}
		}
	}
}

// filled returns the seconds after which a window of five faces is full, as the decider fills it without requested actions, or
// false.
func filled(t testing.TB, faces []gaze, limit float64) (float64, bool) {
	t.Helper()
	const frames, gap, span = 5, 250 * time.Millisecond, 7500 * time.Millisecond
	var window []gaze
	for _, g := range faces {
		var others [][]byte
		for _, w := range window {
			others = append(others, w.eyes)
		}
		v, err := samepicture.SimilarityToMixture(others, g.eyes)
		if err != nil {
			t.Fatal(err)
		}
		if len(window) > 0 && (g.at-window[len(window)-1].at < gap || v >= limit) {
			continue
		}
		for window = append(window, g); g.at-window[0].at > span; {
			window = window[1:]
		}
		if len(window) == frames {
			return (g.at - faces[0].at).Seconds(), true
		}
	}
	return 0, false
}

// BenchmarkWindow prints how many clips of people, and of photos that are moved, shown on a screen or bent, fill a window without
// requested actions, in two halves: the limit was set on the first.
func BenchmarkWindow(t *testing.B) {
	for _, pack := range []string{"zoo", "base"} {
		m := workertest.Models(t, pack)
		r := &rests{t: t, models: m, decoder: vision.NewDecoder(1 << 24), yaw: 25, pitch: 20}
		all := map[string]*[2][][]gaze{}
		put := func(kind, name string, faces []gaze) {
			if len(faces) > 5 {
				if all[kind] == nil {
					all[kind] = new([2][][]gaze)
				}
				half := crc32.ChecksumIEEE([]byte(name)) % 2
				all[kind][half] = append(all[kind][half], faces)
			}
		}
		files, _ := filepath.Glob(workertest.Path(t, "actions/real/*"))
		more, _ := filepath.Glob(workertest.Path(t, "video/real_*"))
		for _, file := range append(files, more...) {
			var faces []gaze
			for i, picture := range workertest.JPEGs(t, file, "fps=4", 60) {
				faces = r.add(faces, picture, time.Duration(i)*time.Second/4)
			}
			put("people", filepath.Base(file), faces)
		}
		for i, name := range victims[:12] {
			photo := victim(t, m, name, 512)
			for _, kind := range Kinds {
				if photo == nil || !slices.Contains([]string{"still", "moved", "screen-still", "mesh"}, kind.Name) {
					continue
				}
				var faces []gaze
				play(t, kind.make([]*Photo{photo}, uint64(i)), func(n int, _ request, f simulate.Picture) {
					if n%2 == 0 && n < 200 {
						faces = r.add(faces, f.Image, f.At)
					}
				})
				put(kind.Name, name, faces)
			}
		}
		r.decoder.Close()
		for _, kind := range []string{"people", "still", "moved", "screen-still", "mesh"} {
			for half, clips := range all[kind] {
				for _, limit := range []float64{.985, .99, .992, .994} {
					var took []float64
					for _, faces := range clips {
						if seconds, ok := filled(t, faces, limit); ok {
							took = append(took, seconds)
						}
					}
					slices.Sort(took)
					middle := 0.0
					if len(took) > 0 {
						middle = took[len(took)/2]
					}
					t.Logf("%s %-12s half %d, below %.3f: %2d of %2d windows, median %.1f s", pack, kind, half, limit, len(took), len(clips), middle)
				}
			}
		}
	}
}
