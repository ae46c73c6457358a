package detector

import (
	"slices"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

func seen(left, right float32) *vision.Measurement {
	return &vision.Measurement{HasEyes: true, HasPose: true, LeftEyeOpenness: left, RightEyeOpenness: right}
}

func TestEyesAreMeasuredByTheirOwner(t *testing.T) {
	narrow, wide := &memory{}, &memory{}
	for range 5 {
		narrow.eyes(seen(0.19, 0.19))
		wide.eyes(seen(0.36, 0.36))
	}
	for _, c := range []struct {
		who         string
		m           *memory
		left, right float32
		want        string
	}{
		{"nobody yet", &memory{}, 0.14, 0.14, schemas.EyeOpen},
		{"nobody yet", &memory{}, 0.12, 0.12, schemas.EyeClosed},
		{"narrow eyes, open", narrow, 0.15, 0.15, schemas.EyeOpen},
		{"narrow eyes, closed", narrow, 0.08, 0.08, schemas.EyeClosed},
		{"wide eyes, drooping to the same", wide, 0.15, 0.15, schemas.EyeClosed},
		{"one closed", wide, 0.36, 0.1, schemas.EyeClosed},
	} {
		m := *c.m
		if got := m.eyes(seen(c.left, c.right)); got.GetState() != c.want {
			t.Errorf("%s: %v at %v %v, want %s", c.who, got.GetState(), c.left, c.right, c.want)
		}
	}
	// Lids that are shut measure as much in dim light.
	if shut := wide.eyes(seen(0.19, 0.17)); shut.GetLeft() != schemas.EyeClosed || shut.GetRight() != schemas.EyeClosed {
		t.Errorf("shut eyes: %v", shut)
	}
	wink := (&memory{}).eyes(seen(0.05, 0.3))
	if wink.GetLeft() != schemas.EyeClosed || wink.GetRight() != schemas.EyeOpen {
		t.Errorf("a wink of the left eye: %v", wink)
	}
	if got := (&memory{}).eyes(&vision.Measurement{}); got != nil {
		t.Errorf("eyes %v without a measurement", got)
	}
}

// A network's result for an eye takes precedence over its aspect ratio and its pixels, which are used when the network is unsure.
func TestEyeNetworkGoesFirst(t *testing.T) {
	for _, c := range []struct {
		state  vision.EyeState
		ratio  float32
		hidden bool
		want   string
	}{
		{vision.EyeOpen, 0.05, true, schemas.EyeOpen},
		{vision.EyeClosed, 0.3, true, schemas.EyeClosed},
		{vision.EyeOccluded, 0.3, false, schemas.EyeOccluded},
		{vision.EyeUnknown, 0.3, false, schemas.EyeOpen},
		{vision.EyeUnknown, 0.05, false, schemas.EyeClosed},
		{vision.EyeUnknown, 0.3, true, schemas.EyeOccluded},
	} {
		f := seen(c.ratio, 0.3)
		f.LeftEyeState, f.LeftEyeHidden = c.state, c.hidden
		m := &memory{}
		got := m.eyes(f)
		if got.GetLeft() != c.want || got.GetRight() != schemas.EyeOpen || got.GetState() != c.want {
			t.Errorf("%+v: %v", c, got)
		}
		if c.want == schemas.EyeOccluded && m.Frames != 0 {
			t.Errorf("%+v: learnt from a hidden eye", c)
		}
	}
}

// Only faces that look straight with eyes that are surely open say how open they are.
func TestOpenLevelIsLearnt(t *testing.T) {
	m := &memory{}
	turned, unposed := seen(0.3, 0.3), seen(0.3, 0.3)
	turned.Yaw, unposed.HasPose = 40, false
	for _, f := range []*vision.Measurement{seen(0.05, 0.05), seen(0.15, 0.15), turned, unposed} {
		m.eyes(f)
	}
	if m.Frames != 0 {
		t.Fatalf("learnt %+v from closed or turned eyes", *m)
	}
	for range 30 {
		m.eyes(seen(0.3, 0.3))
	}
	m.eyes(seen(0.17, 0.17)) // drooping: no new normal
	if m.Frames != learnFrames || m.Open != 0.3 {
		t.Errorf("learnt %+v, want 0.3 over %d frames", *m, learnFrames)
	}
}

func TestOneOpenEyeCanSuffice(t *testing.T) {
	wink := &schemas.Eyes{Left: schemas.EyeClosed, Right: schemas.EyeOpen, State: schemas.EyeClosed}
	shut := &schemas.Eyes{Left: schemas.EyeClosed, Right: schemas.EyeClosed, State: schemas.EyeClosed}
	closed := []int32{schemas.CodeEyesClosed}
	for document, want := range map[string][2][]int32{
		`{}`: {closed, closed},
		`{"session":{"accept_one_eye_open":true}}`: {nil, closed},
	} {
		for i, e := range []*schemas.Eyes{wink, shut} {
			c := &checks{settings: workertest.Settings(t, document)}
			c.eyes(e)
			if !slices.Equal(c.failed, want[i]) {
				t.Errorf("%s, %v: codes %v, want %v", document, e, c.failed, want[i])
			}
		}
	}
}
