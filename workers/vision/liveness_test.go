package vision

import (
	"errors"
	"slices"
	"testing"
)

func liveness(tb testing.TB, m *Models, img *Image, d Detection) float64 {
	tb.Helper()
	var crops [][]byte
	for _, spec := range m.LivenessCrops() {
		crops = append(crops, Cut(img, d, spec, nil))
	}
	v, err := m.Liveness(crops)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestLivenessOfStills(t *testing.T) {
	m := pickPack(t, "zoo")
	for name, live := range map[string]bool{
		"match/ageitgey/obama.jpg": true, "match/ageitgey/biden.jpg": true, "match/deepface/df01_img2.jpg": true,
		"conditions/open_eyes_d9.jpg": true, "conditions/closed_eyes_d9.jpg": true,
		"spoof/fake/miniai_monitor.jpg": false, "spoof/fake/kby_2_cutout.jpg": false, "spoof/fake/minivision_F2_tablet.jpg": false,
	} {
		img := picture(t, name)
		if v := liveness(t, m, img, largest(t, m, img, name)); (v > .5) != live {
			t.Errorf("%s: liveness %.2f, live %v", name, v, live)
		}
	}
}

// The median over a clip parts real people from replays; single frames do not.
func TestLivenessOfClips(t *testing.T) {
	m := pickPack(t, "zoo")
	for name, live := range map[string]bool{
		"real_lp_d_d0.mp4": true, "real_lp_d_d3.mp4": true, "real_lp_d_d9.mp4": true, "real_lp_d_d10.mp4": true, "real_lp_d_d18.mp4": true,
		"real_lp_s_s18.mp4": true, "real_intel_male.gif": true, "real_zub_webcam_turns.webm": true,
		"spoof_manik_phone_replay.mp4": false, "spoof_zub_phone_replay.webm": false,
	} {
		var scores []float64
		for _, img := range clip(t, name, 1) {
			if found, err := m.Detect(img, nil); err == nil && len(found) > 0 {
				scores = append(scores, liveness(t, m, img, found[0]))
			}
		}
		if len(scores) == 0 {
			t.Fatalf("%s: no face found", name)
		}
		slices.Sort(scores)
		if median := scores[len(scores)/2]; (median > .5) != live {
			t.Errorf("%s: median liveness %.2f over %d frames, live %v", name, median, len(scores), live)
		}
	}
}

// One network of base sees most replays and cut-outs; a mask and a painting pass it.
func TestLivenessOfBase(t *testing.T) {
	m := pickPack(t, "base")
	for name, live := range map[string]bool{
		"match/ageitgey/obama.jpg": true, "match/deepface/df01_img2.jpg": true, "conditions/open_eyes_d9.jpg": true,
		"spoof/fake/miniai_monitor.jpg": false, "spoof/fake/minivision_F2_tablet.jpg": false,
	} {
		img := picture(t, name)
		if v := liveness(t, m, img, largest(t, m, img, name)); (v > .5) != live {
			t.Errorf("%s: liveness %.2f, live %v", name, v, live)
		}
	}
}

// A role that was not opened has neither crops nor a score.
func TestNoLivenessWithoutModel(t *testing.T) {
	m := &Models{pack: pickPack(t, "base").pack}
	if m.Has(RoleAntispoof) || len(m.LivenessCrops()) != 0 {
		t.Error("a pack without the role claims passive liveness")
	}
	if _, err := m.Liveness(nil); !errors.Is(err, ErrNoModel) {
		t.Errorf("liveness without a model: %v, want ErrNoModel", err)
	}
}
