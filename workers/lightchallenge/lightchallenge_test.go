package lightchallenge_test

import (
	"context"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/lightchallenge"
	"github.com/selene-liveness/selene/workers/workertest"
)

const on = `{"light_challenge":{"is_enabled":true}}`

// sitter is somebody who sits before a screen; the zero sitter does not respond.
type sitter struct {
	skin, wall float64 // response to the light, as a fraction of the ambient light
	camera     float64 // how much a camera or filter tints the whole picture
	late       int     // frames
	seed       byte
	light      [3]float64 // in the key of drawn
}

var drawn sync.Map // the pixels of scenes

// scene returns a plain face before a wall, in the light of a colour.
func (s sitter) scene(light [3]float64, frame int) *schemas.Face {
	const left, top, width, height = 120, 80, 80, 100 // box
	f := &schemas.Face{
		Name:  &schemas.FrameName{Sequence: uint64(frame + 1)},
		State: &schemas.SessionState{Seed: []byte{s.seed}}, ReceivedUnixNanos: int64(frame) * 200e6,
		Estimations: &schemas.Estimations{HeadPose: &schemas.HeadPose{}, FramePosition: &schemas.FramePosition{
			Face: &schemas.Rect{X: left, Y: top, Width: width, Height: height}, Frame: &schemas.Rect{Width: 320, Height: 240},
		}},
		Landmarks: []float32{142, 115, 178, 115, 160, 135, 147, 155, 173, 155},
	}
	const side = 250.0 // of the crop
	var pixels []byte
	if known, ok := drawn.Load(sitter{skin: s.skin, wall: s.wall, camera: s.camera, light: light}); ok {
		pixels = known.([]byte)
	}
	for j := range 64 {
		for i := range 64 {
			if len(pixels) == 3*64*64 {
				break
			}
			x, y := 160-side/2+(float64(i)+.5)*side/64, 130-side/2+(float64(j)+.5)*side/64
			own, response := .2, s.wall
			if math.Hypot((x-160)/40, (y-130)/50) < 1 {
				own, response = .3, s.skin
			}
			for c := range 3 {
				v := own * (1 + response*light[c]) * (1 + s.camera*light[c])
				pixels = append(pixels, byte(255*math.Pow(v, 1/2.2)))
			}
		}
	}
	drawn.Store(sitter{skin: s.skin, wall: s.wall, camera: s.camera, light: light}, pixels)
	f.Crops = []*schemas.Crop{{Name: "lightchallenge/surroundings", Width: 64, Height: 64, Color: "rgb", Pixels: pixels}}
	return f
}

// result is what a session came to.
type result struct {
	colours  []string // told, one a frame
	codes    []int32
	ends     schemas.Outcome
	pending  bool
	last     *schemas.LightChallenge
	largest  int // state in bytes
	changes  []int
	verdicts []*schemas.Verdict
}

func (s sitter) plays(t *testing.T, document string, frames int) (out result) {
	t.Helper()
	w, settings := lightchallenge.New(), workertest.Settings(t, document)
	var own []byte
	for n := range frames {
		var light [3]float64
		if at := n - 1 - s.late; at >= 0 && out.colours[at] != "" {
			for c := range 3 {
				if out.colours[at][1+2*c] == 'f' {
					light[c] = 1
				}
			}
		}
		v, err := w.Judge(context.Background(), s.scene(light, n), workers.State{Own: own, Settings: settings})
		if err != nil {
			t.Fatal(err)
		}
		own = v.GetState()
		l := v.GetEstimations().GetLightChallenge()
		if n == 0 || out.colours[n-1] != l.GetDisplay() {
			out.changes = append(out.changes, n)
		}
		out.colours, out.largest = append(out.colours, l.GetDisplay()), max(out.largest, len(own))
		out.codes, out.pending, out.last = append(out.codes, v.GetErrors()...), v.GetPending(), l
		out.verdicts = append(out.verdicts, v)
		if out.ends = v.GetEnds(); out.ends != schemas.Outcome_OUTCOME_CONTINUE {
			break
		}
	}
	return out
}

func TestFaceThatRespondsPasses(t *testing.T) {
	for name, s := range map[string]sitter{
		"at once":                 {skin: .3, wall: .03},
		"with half a second":      {skin: .3, wall: .03, late: 2},
		"weakly":                  {skin: .08, wall: .01},
		"before a nervous camera": {skin: .3, wall: .03, camera: -.2},
	} {
		r := s.plays(t, on, 60)
		if r.pending || len(r.codes) != 0 || r.ends != 0 || r.last.GetDisplay() != "" || r.last.GetScore() < .5 || r.last.GetMeasured() != 10 {
			t.Errorf("%s: pending %v, codes %v, ends %v, %v", name, r.pending, r.codes, r.ends, r.last)
		}
		if first := r.verdicts[0]; !first.GetPending() || len(first.GetErrors()) != 0 || r.colours[0] == "" {
			t.Errorf("%s: the first verdict is %v", name, first)
		}
	}
}

func TestFaceThatDoesNotRespondFails(t *testing.T) {
	for name, s := range map[string]sitter{
		"a recording":           {},
		"a filter, or a screen": {skin: .3, wall: .3},
		"a tinted picture":      {camera: .4},
		"two seconds late":      {skin: .3, wall: .03, late: 10},
	} {
		r := s.plays(t, on, 400)
		want := []int32{schemas.CodeLightResponse, schemas.CodeLightResponse, schemas.CodeLightResponse}
		if r.ends != schemas.Outcome_OUTCOME_ACTIONS_FAILED || !slices.Equal(r.codes, want) || !r.pending {
			t.Errorf("%s: ends %v, codes %v, %v", name, r.ends, r.codes, r.last)
		}
		for _, v := range r.verdicts {
			if v.GetMarksFake() {
				t.Errorf("%s: marked as fake", name)
			}
		}
	}
}

// No client may flash, and none can prepare: the colours follow from the seed alone, and change slowly.
func TestColours(t *testing.T) {
	seen := map[string]bool{}
	for seed := range 12 {
		r := sitter{seed: byte(seed), skin: .3}.plays(t, on, 60)
		sequence := ""
		for i, n := range r.changes {
			if i > 0 && (n-r.changes[i-1])*200 < 700 {
				t.Errorf("seed %d: colours change after %d ms", seed, (n-r.changes[i-1])*200)
			}
			sequence += r.colours[n]
		}
		seen[sequence] = true
		if again := (sitter{seed: byte(seed), skin: .3}).plays(t, on, 60); !slices.Equal(again.colours, r.colours) {
			t.Errorf("seed %d: two sequences", seed)
		}
		if r.largest > 4096 {
			t.Errorf("a state of %d bytes", r.largest)
		}
	}
	if len(seen) != 12 {
		t.Errorf("%d sequences for 12 seeds", len(seen))
	}
}

func TestTurnedHeadsWait(t *testing.T) {
	settings := workertest.Settings(t, on)
	var own []byte
	for n := range 50 {
		f := sitter{}.scene([3]float64{}, n)
		f.Estimations.HeadPose.Yaw = 30
		v, err := lightchallenge.New().Judge(context.Background(), f, workers.State{Own: own, Settings: settings})
		if err != nil {
			t.Fatal(err)
		}
		own = v.GetState()
		if l := v.GetEstimations().GetLightChallenge(); !v.GetPending() || len(v.GetErrors()) != 0 || l.GetMeasured() != 0 || l.GetDisplay() == "" {
			t.Fatalf("frame %d: %v", n, v)
		}
	}
}

func TestOffAndForeignState(t *testing.T) {
	f := sitter{}.scene([3]float64{}, 0)
	v, err := lightchallenge.New().Judge(context.Background(), f, workers.State{Settings: workertest.Settings(t, `{}`)})
	if err != nil || v.GetPending() || v.GetEstimations().GetLightChallenge() != nil {
		t.Errorf("off: %v, %v", v, err)
	}
	for name, s := range map[string]workers.State{
		"foreign state": {Own: []byte("{"), Settings: workertest.Settings(t, on)},
		"no crop":       {Settings: workertest.Settings(t, on)},
	} {
		if name == "no crop" {
			f.Crops = nil
		}
		if _, err := lightchallenge.New().Judge(context.Background(), f, s); err == nil || streams.FaultOf(err) != streams.Input {
			t.Errorf("%s: got %v, want the input's fault", name, err)
		}
	}
}

// A half sphere faces the camera at its middle and turns away towards its rim; a sheet faces it everywhere.
func TestFacing(t *testing.T) {
	var sphere, sheet []float32
	for j := -10; j <= 10; j++ {
		for i := -10; i <= 10; i++ {
			x, y := float64(i), float64(j)
			if r := math.Hypot(x, y); r < 9.5 {
				sphere = append(sphere, float32(x), float32(y), float32(-math.Sqrt(100-r*r)))
				sheet = append(sheet, float32(x), float32(y), 3)
			}
		}
	}
	for i, cosine := range lightchallenge.Facing(sphere) {
		r := math.Hypot(float64(sphere[3*i]), float64(sphere[3*i+1]))
		if want := math.Sqrt(1 - r*r/100); r < 7 && math.Abs(cosine-want) > .1 {
			t.Errorf("at %.1f from the middle: %.2f, want %.2f", r, cosine, want)
		}
	}
	for _, cosine := range lightchallenge.Facing(sheet) {
		if cosine < .999 {
			t.Errorf("a sheet: %v", cosine)
		}
	}
	if got := lightchallenge.Facing(nil); got != nil {
		t.Errorf("without a mesh: %v", got)
	}
}
