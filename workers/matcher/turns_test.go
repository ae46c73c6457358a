package matcher

import (
	"fmt"
	"math"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// cut returns the faces between two moments of a file below ../shared/faces, in seconds.
func cut(t *testing.T, m *vision.Models, w *Worker, path string, from, to, fps float64) (out []*schemas.Face) {
	t.Helper()
	filter := fmt.Sprintf("trim=%v:%v,setpts=PTS-STARTPTS,fps=%v", from, to, fps)
	for _, image := range workertest.JPEGs(t, workertest.Path(t, path), filter, int((to-from)*fps)+1) {
		if f := workertest.Face(t, m, image, w); f != nil {
			out = append(out, f)
		}
	}
	return out
}

// at keeps as many faces of a clip with 15 pictures a second as a slower camera would send.
func at(fps float64, clip []*schemas.Face) (out []*schemas.Face) {
	next := 0.0
	for i, f := range clip {
		if float64(i) >= next {
			out = append(out, f)
			next += 15 / fps
		}
	}
	return out
}

// The clip of turns that ended with code 104 and the fake mark in five of eight samplings, and turns of others.
func TestTurnsOfOnePersonEndNothing(t *testing.T) {
	clips := map[string][2]float64{"video/real_zub_webcam_turns.webm": {3, 12.5}}
	if !testing.Short() {
		clips["actions/real/tranvan_selfie_turns.mp4"] = [2]float64{0, 8}
		clips["actions/real/openface_webcam_turns.wmv"] = [2]float64{2, 7}
		clips["actions/real/hanoon_selfie_blinks.mp4"] = [2]float64{2, 8}
	}
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		w := New(m)
		for path, time := range clips {
			clip := cut(t, m, w, path, time[0], time[1], 15)
			for _, fps := range []float64{3, 5, 8, 10, 15} {
				compared, doubts, ended, _ := replay(t, w, at(fps, clip), nil)
				if ended >= 0 || compared < 10 || 20*doubts > compared {
					t.Errorf("%s at %v pictures a second: ended by face %d, %d of %d faces doubted", path, fps, ended, doubts, compared)
				}
			}
		}
	})
}

// A photo for rest, and another man's film for the turns: twelve of nineteen sessions passed.
func TestForeignTurnEndsTheSession(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		w := New(m)
		turn := cut(t, m, w, "actions/real/tranvan_selfie_turns.mp4", 1.8, 3.6, 5)
		for _, photo := range []string{"match/ageitgey/obama.jpg", "conditions/open_eyes_d9.jpg", "match/deepface/df02_img13.jpg"} {
			rest := workertest.Face(t, m, workertest.Picture(t, photo), w)
			_, doubts, ended, own := replay(t, w, []*schemas.Face{rest, rest}, nil)
			if doubts > 0 || ended >= 0 {
				t.Fatalf("%s is not itself", photo)
			}
			if compared, _, ended, _ := replay(t, w, turn, own); ended < 0 || compared > 3 {
				t.Errorf("%s at rest, another man turns: ended by face %d, %d were compared", photo, ended, compared)
			}
		}
	})
}

// Both heads are turned to the same side when one takes the place of the other.
func TestSwapWithinATurn(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		w := New(m)
		first := cut(t, m, w, "actions/real/tranvan_selfie_turns.mp4", 1, 6, 10)
		second := cut(t, m, w, "actions/real/alaa_selfie_hijab_turns.mp4", 5, 8, 10)
		yaw := func(f *schemas.Face) float64 { return f.GetEstimations().GetHeadPose().GetYaw() }
		var own []byte
		for i, f := range first {
			_, _, ended, next := replay(t, w, first[i:i+1], own)
			if own = next; ended >= 0 {
				t.Fatalf("face %d of one person ended the session", i)
			}
			if yaw(f) > 24 {
				break
			}
		}
		for i, f := range second {
			if math.Abs(yaw(f)-26) > 10 {
				continue
			}
			if compared, _, ended, _ := replay(t, w, second[i:], own); ended < 0 || compared > 3 {
				t.Errorf("the session ended by face %d, %d were compared", ended, compared)
			}
			return
		}
		t.Fatal("the second person does not turn")
	})
}

// A face between two people resembles both, and must not lead from one to the other.
func TestMorphIsNoBridge(t *testing.T) {
	m := workertest.Models(t, "zoo")
	w := New(m)
	pairs := [][2]string{
		{"match/ageitgey/obama.jpg", "conditions/open_eyes_d9.jpg"},
		{"conditions/open_eyes_d9.jpg", "match/deepface/df03_img18.jpg"},
		{"match/deepface/df04_img29.jpg", "match/ageitgey/biden.jpg"},
	}
	bridged := 0
	for _, pair := range pairs {
		a := workertest.Face(t, m, workertest.Picture(t, pair[0]), w)
		b := workertest.Face(t, m, workertest.Picture(t, pair[1]), w)
		for _, f := range []*schemas.Face{a, b} { // pictures of the press, not sharp enough to be remembered otherwise
			f.Estimations.HeadPose, f.Estimations.ImageQuality.Blur = &schemas.HeadPose{}, 0.7
		}
		morph := proto.CloneOf(a)
		for i, x := range b.Crops[0].Pixels {
			morph.Crops[0].Pixels[i] = uint8((int(x) + int(morph.Crops[0].Pixels[i])) / 2)
		}
		start := judge(t, w, morph, nil).GetState()
		toA, toB := judge(t, w, a, start), judge(t, w, b, start)
		if len(toA.GetErrors()) == 0 && len(toB.GetErrors()) == 0 {
			bridged++
		}
		_, _, _, own := replay(t, w, []*schemas.Face{a, a, morph}, start)
		if compared, _, ended, _ := replay(t, w, []*schemas.Face{b, b, b}, own); ended < 0 || compared > 3 {
			t.Errorf("%v: similarity of the face between %.2f and %.2f, and the second person passes",
				pair, toA.GetEstimations().GetFirstFaceSimilarity(), toB.GetEstimations().GetFirstFaceSimilarity())
		}
	}
	if bridged == 0 {
		t.Error("no face between two people resembles both: this test shows nothing")
	}
}

// One face out of three may be doubted, so a doubt is forgotten after two good faces, and not before.
func TestDoubtsAreCountedOverThreeFaces(t *testing.T) {
	for faces, ends := range map[string]bool{"ggbgg": false, "bggb": false, "bggbggb": false, "bb": true, "bgb": true, "gbgb": true} {
		m, ended := &memory{}, false
		for _, f := range faces {
			ended = m.doubt(f == 'b')
		}
		if ended != ends {
			t.Errorf("%s: ended %v", faces, ended)
		}
	}
}

// The reference must be the face of the whole session, not of its last picture.
func TestVerificationIsOfTheWholeSession(t *testing.T) {
	for name, c := range map[string]struct {
		similarities []float64
		matched      bool
	}{
		"all":                 {[]float64{0.9, 0.95, 0.88, 0.9}, true},
		"one unclear picture": {[]float64{0.9, 0.95, 0.84, 0.9}, true},
		"only the last":       {[]float64{0.6, 0.6, 0.6, 0.99}, false},
		"all but half":        {[]float64{0.99, 0.99, 0.84, 0.84}, false},
		"one of another":      {[]float64{0.9, 0.9, 0.9, 0.5}, false},
	} {
		r := &verified{}
		for _, x := range c.similarities {
			r.add(x, 0.85)
		}
		if got := r.verification(0.85); got.GetMatched() != c.matched {
			t.Errorf("%s: %v", name, got)
		}
	}
}
