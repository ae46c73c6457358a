package vision

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
)

// Files of ../shared/models that fill the optional roles.
var optional = map[Role]struct{ file, spec string }{
	RoleEyeState:  {"eyestate/seeta6_eye_state.onnx", `{"decoder":"seeta_eye","input":[96,96],"crop":0.65,"color":"bgr","scale":[1,1,1]}`},
	RoleOcclusion: {"attributes/seeta6_mask_detector.onnx", `{"decoder":"seeta_mask","input":[112,112],"crop":1,"color":"bgr","scale":[1,1,1]}`},
	// It recognizes screens, which serves the test as well.
	RoleDeepfake: {"antispoof/vietanh954_minifasnetv2se_128_98.20.onnx", `{"decoder":"classifier","input":[128,128],"crops":[1.5],"class":0,"color":"rgb","scale":[255,255,255]}`},
}

// extended opens the pack zoo with the optional roles filled. The test is skipped when their files are missing.
func extended(t *testing.T) *Models {
	t.Helper()
	cfg := copyPack(t, "zoo")
	models := filepath.Join(filepath.Dir(repositoryRoot(t)), "shared", "models")
	edit(t, cfg.Pack, func(p *pack) {
		p.Name = "extended"
		for role, o := range optional {
			path := filepath.Join(models, o.file)
			if _, err := os.Stat(path); err != nil {
				t.Skipf("no model for the role %s: ../shared/models/%s is not there", role, o.file)
			}
			spec := &roleSpec{}
			if err := json.Unmarshal([]byte(o.spec), spec); err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(readFile(t, path))
			spec.Files, spec.SHA256 = []string{filepath.Base(path)}, []string{hex.EncodeToString(sum[:])}
			p.Roles[role] = spec
			if err := os.Symlink(path, filepath.Join(cfg.Pack, filepath.Base(path))); err != nil {
				t.Fatal(err)
			}
		}
	})
	m, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func TestEyeStates(t *testing.T) {
	m := extended(t)
	for name, want := range map[string]EyeState{
		"conditions/open_eyes_d9.jpg": EyeOpen, "conditions/closed_eyes_d9.jpg": EyeClosed, "conditions/sunglasses_0.jpg": EyeOccluded,
		"conditions/profile_a_zub.jpg": EyeUnknown, "conditions/glasses_1.jpg": EyeUnknown, // turned
	} {
		if got := measured(t, m, name); got.RightEyeState != want || got.LeftEyeState != want {
			t.Errorf("%s: right %v left %v, want %v", name, got.RightEyeState, got.LeftEyeState, want)
		}
	}
	// In the clip she winks with her left eye at once and with her right a second later, neither quite shut.
	frames := clip(t, "real_lp_d_d3.mp4", 2)
	for i, rightOpen := range map[int]bool{0: true, 2: false} {
		var got Measurement
		if err := m.Measure(frames[i], largest(t, m, frames[i], "d3"), &got); err != nil {
			t.Fatal(err)
		}
		if (got.RightEyeState == EyeOpen) != rightOpen || (got.LeftEyeState == EyeOpen) == rightOpen {
			t.Errorf("frame %d: right %v left %v, right open %v", i, got.RightEyeState, got.LeftEyeState, rightOpen)
		}
	}
	if got := measured(t, pickPack(t, "zoo"), "conditions/open_eyes_d9.jpg"); got.RightEyeState != EyeUnknown || got.LeftEyeState != EyeUnknown {
		t.Errorf("states %v %v without a network", got.RightEyeState, got.LeftEyeState)
	}
}

func TestMaskNetwork(t *testing.T) {
	m := extended(t)
	img := picture(t, "conditions/mask_grid10.jpeg")
	list, err := m.Detect(img, nil)
	if err != nil {
		t.Fatal(err)
	}
	found, all := 0, 0
	for _, d := range list {
		var out Measurement
		if err := m.Measure(img, d, &out); err != nil {
			t.Fatal(err)
		}
		t.Logf("mask: %v %.3f", out.HasAttributes, out.MouthOccluded)
		if all++; out.MouthOccluded >= .5 {
			found++
		}
	}
	if found < all {
		t.Errorf("%d of %d masks found", found, all)
	}
	wrong, plain := 0, 0
	for _, name := range append(append([]string{}, smiling...), serious...) {
		if a := measured(t, m, name).Attributes; a.HasAttributes {
			if plain++; a.MouthOccluded >= .5 {
				wrong++
				t.Logf("%s: %.3f", name, a.MouthOccluded)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d plain faces classified as masked", wrong, plain)
	}
	t.Logf("%d of %d masks, %d of %d plain", found, all, wrong, plain)
}

func TestDeepfakeClassifier(t *testing.T) {
	m := extended(t)
	for name, real := range map[string]bool{"conditions/open_eyes_d9.jpg": true, "spoof/fake/minivision_F2_tablet.jpg": false} {
		img := picture(t, name)
		d := largest(t, m, img, name)
		var crops [][]byte
		for _, spec := range m.DeepfakeCrops() {
			crops = append(crops, Cut(img, d, spec, nil))
		}
		m.pack.Roles[RoleDeepfake].Class = 0
		p, err := m.Deepfake(crops)
		if err != nil || p > .5 != real {
			t.Errorf("%s: %.3f, %v; want real %v", name, p, err, real)
		}
		m.pack.Roles[RoleDeepfake].Class = 1
		if q, err := m.Deepfake(crops); err != nil || math.Abs(p+q-1) > 1e-6 {
			t.Errorf("%s: classes %.3f and %.3f, %v", name, p, q, err)
		}
		m.pack.Roles[RoleDeepfake].Class = 2
		if _, err := m.Deepfake(crops); !errors.Is(err, ErrPack) {
			t.Errorf("a class that does not exist: %v", err)
		}
	}
	if _, err := m.Deepfake(nil); !errors.Is(err, ErrCrop) {
		t.Errorf("without crops: %v", err)
	}
	if zoo := pickPack(t, "zoo"); len(zoo.DeepfakeCrops()) != 0 {
		t.Error("zoo claims to know deepfakes")
	}
}

func TestClassified(t *testing.T) {
	for _, c := range []struct {
		logits []float32
		class  int
		want   float64
	}{
		{[]float32{2}, 1, 0.881},
		{[]float32{2}, 0, 0.119},
		{[]float32{2}, 2, -1},
		{[]float32{0, 2}, 1, 0.881},
		{[]float32{0, 2}, 2, -1},
		{[]float32{1000, 1000, -1000, 1000}, 3, 0.333},
	} {
		got, ok := classified(c.logits, c.class)
		if ok != (c.want >= 0) || ok && math.Abs(got-c.want) > 0.001 {
			t.Errorf("class %d of %v: %.3f %v, want %.3f", c.class, c.logits, got, ok, c.want)
		}
	}
}

// The optional roles, too, give the same numbers each time and take no memory.
func TestOptionalRolesAgain(t *testing.T) {
	m := extended(t)
	img := picture(t, "conditions/open_eyes_d9.jpg")
	d := largest(t, m, img, "open eyes")
	var first, again Measurement
	if err := m.Measure(img, d, &first); err != nil {
		t.Fatal(err)
	}
	const frames = 10
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range frames {
		if err := m.Measure(img, d, &again); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(first, again) {
			t.Fatalf("measured %+v, then %+v", first, again)
		}
	}
	runtime.ReadMemStats(&after)
	if per := (after.TotalAlloc - before.TotalAlloc) / frames; per > 1<<18 { // the race detector drops pooled buffers at random
		t.Errorf("%d bytes a frame", per)
	}
}
