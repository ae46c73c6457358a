package local_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/local"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// passive are settings whose only liveness check is passive.
const passive = `{"active_liveness":{"is_enabled":false},"thresholds":{"yaw":45,"pitch":40}}`

// play judges pictures, 250 ms apart, until the session ends, and returns every code it gave.
func play(t *testing.T, m *vision.Models, settings string, pictures [][]byte) (last *schemas.Decision, codes []int32) {
	t.Helper()
	pipeline, err := local.New(m, workertest.Settings(t, settings))
	if err != nil {
		t.Fatal(err)
	}
	s := pipeline.Open(id, seed, opened, nil)
	for i, image := range pictures {
		if last, err = s.Judge(image, opened.Add(time.Duration(i)*250*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		codes = append(codes, last.GetErrors()...)
		if last.GetOutcome().Terminal() {
			break
		}
	}
	return last, codes
}

// One picture never fills a window, whether it shows a person, a painting or a mask: the same file, and the picture shifted,
// lit otherwise and encoded again.
func TestOnePictureDoesNotPass(t *testing.T) {
	pictures := map[string][][]byte{
		"a person": changed(t, "video/real_lp_d_d9.mp4"), "a painting": changed(t, "conditions/painting_s9.jpg"),
		"a mask": changed(t, "spoof/fake/miniai_mask.jpg"),
	}
	for name, list := range pictures {
		pictures["five times "+name] = slices.Repeat(list[:1], 5)
	}
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		for name, list := range pictures {
			last, codes := play(t, m, passive, list)
			if last.GetOutcome() == schemas.Outcome_OUTCOME_PASSED {
				t.Errorf("%s passed", name)
			}
			if !slices.Contains(codes, schemas.CodeSamePicture) {
				t.Errorf("%s: codes %v, without %d", name, codes, schemas.CodeSamePicture)
			}
		}
	})
}

// changed returns one picture of a file in many ways.
func changed(t *testing.T, name string) (out [][]byte) {
	t.Helper()
	for i := range 6 {
		filter := fmt.Sprintf("scale=1100:1100:force_original_aspect_ratio=decrease,scale=iw*%[1]v:-2,"+
			"pad=1200:1200:(ow-iw)/2+%[2]d:(oh-ih)/2-%[2]d:gray,eq=brightness=%[3]v,noise=alls=%[4]d:all_seed=%[5]d",
			1-float64(i)/80, 6*i, float64(i-3)/50, i, i+1)
		out = append(out, workertest.JPEGs(t, workertest.Path(t, name), filter, 1)...)
	}
	return out
}

// Faces of people differ from frame to frame.
func TestPeopleAreNotOnePicture(t *testing.T) {
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		for _, clip := range []string{"real_lp_d_d3.mp4", "real_lp_d_d9.mp4", "real_lp_d_d18.mp4"} {
			if last, codes := play(t, m, passive, workertest.Clip(t, clip, 4, 60)); last.GetOutcome() != schemas.Outcome_OUTCOME_PASSED {
				t.Errorf("%s did not pass: %v", clip, codes)
			}
		}
	})
}

// A dog moves, and does not pass.
func TestDogDoesNotPass(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(filepath.Dir(workertest.Path(t, "")), "cases", "dog", "*.jpg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no pictures of a dog: %v", err)
	}
	var dog [][]byte
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		dog = append(dog, data)
	}
	workertest.EachPack(t, func(t *testing.T, m *vision.Models) {
		for name, settings := range map[string]string{"passive": passive, "active": `{"thresholds":{"liveness":0}}`, "both": `{}`} {
			last, codes := play(t, m, settings, slices.Repeat(dog, 4))
			if last.GetOutcome() == schemas.Outcome_OUTCOME_PASSED {
				t.Errorf("%s: the dog passed", name)
			}
			if m.Name()[:3] == "zoo" && !slices.Contains(codes, schemas.CodeNotAHuman) {
				t.Errorf("%s: codes %v, without %d", name, codes, schemas.CodeNotAHuman)
			}
		}
	})
}
