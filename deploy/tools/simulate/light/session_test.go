package light_test

import (
	"context"
	"flag"
	"math"
	"math/rand/v2"
	"path/filepath"
	"sort"
	"testing"

	"github.com/selene-liveness/selene/deploy/tools/simulate/light"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/lightchallenge"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

var table = flag.Bool("table", false, "measure all clips and print the scores of people and attacks")

const rate = 6 // frames of clips a second

// person is a clip of somebody who looks more or less straight ahead.
type person struct {
	name   string
	scenes []*light.Scene
	poses  []*schemas.HeadPose
}

// meet measures a clip; it returns nil if it has too few frames with a face from the front.
func meet(t *testing.T, m *vision.Models, path string) *person {
	t.Helper()
	p := &person{name: filepath.Base(path)}
	decoder := vision.NewDecoder(1 << 26)
	defer decoder.Close()
	for _, data := range workertest.JPEGs(t, path, "fps=6,scale='min(256,iw)':-2", 40) {
		s := &light.Scene{}
		if err := decoder.Decode(data, &s.Image); err != nil {
			t.Fatal(err)
		}
		found, err := m.Detect(&s.Image, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 || found[0].Box.Width < 40 {
			continue
		}
		s.Face = found[0]
		var measured vision.Measurement
		if err := m.Measure(&s.Image, s.Face, &measured); err != nil {
			t.Fatal(err)
		}
		if !measured.HasMesh || math.Abs(float64(measured.Yaw)) > 15 || math.Abs(float64(measured.Pitch)) > 20 {
			continue
		}
		for i, q := range measured.Mesh {
			s.Mesh = append(s.Mesh, q.X, q.Y, measured.MeshDepth[i])
		}
		p.scenes = append(p.scenes, s)
		p.poses = append(p.poses, &schemas.HeadPose{Yaw: float64(measured.Yaw), Pitch: float64(measured.Pitch)})
	}
	if len(p.scenes) < 6 {
		return nil
	}
	return p
}

// show is what somebody does with the colours that the server tells.
type show struct {
	room  light.Room
	delay int64 // milliseconds from the reply to the first frame lit by it
	other bool  // the sequence of another session
	none  bool  // the screen is not seen
}

// play plays the first attempt of a session and returns its result: the state after it, nil if it did not end.
func (p *person) play(t *testing.T, s show, seed uint64) *schemas.LightChallenge {
	t.Helper()
	w := lightchallenge.New()
	settings := workertest.Settings(t, `{"light_challenge":{"is_enabled":true,"threshold":1,"max_failed":0}}`)
	r := rand.New(rand.NewPCG(seed, 5))
	camera := &light.Camera{Exposure: .5 + .4*r.Float64(), Balance: .3 + .5*r.Float64(), Noise: 1 + 3*r.Float64(), Random: r}
	lit := map[int][]float64{}
	var own []byte
	type told struct {
		at     int64
		colour [3]float64
	}
	var colours []told
	fps := 4 + 8*r.Float64()
	now := int64(0)
	for n := range 400 {
		now += int64(1000/fps*(.8+.4*r.Float64())) + 1
		// Clips run forwards and backwards.
		i := int(float64(now)/1000*rate) % (2 * len(p.scenes))
		i = min(i, 2*len(p.scenes)-1-i)
		scene := p.scenes[i]
		if lit[i] == nil {
			lit[i] = light.Reflectance(scene, s.room)
		}
		var colour [3]float64
		for _, c := range colours {
			if c.at+s.delay <= now && !s.none {
				colour = c.colour
			}
		}
		picture := camera.Take(scene, lit[i], colour, float64(now)/1000)
		box := scene.Face.Box
		f := &schemas.Face{
			ReceivedUnixNanos: now * 1e6,
			State:             &schemas.SessionState{Seed: []byte{byte(seed), byte(seed >> 8), 1}},
			Estimations: &schemas.Estimations{HeadPose: p.poses[i], FramePosition: &schemas.FramePosition{
				Face:  &schemas.Rect{X: int32(box.X), Y: int32(box.Y), Width: int32(box.Width), Height: int32(box.Height)},
				Frame: &schemas.Rect{Width: int32(picture.Width), Height: int32(picture.Height)},
			}},
			Mesh:  scene.Mesh,
			Crops: []*schemas.Crop{workertest.Cut(&picture, scene.Face, w.Name(), lightchallenge.Crop)},
		}
		for _, q := range scene.Face.Points {
			f.Landmarks = append(f.Landmarks, q.X, q.Y)
		}
		v, err := w.Judge(context.Background(), f, workers.State{Own: own, Settings: settings})
		if err != nil {
			t.Fatal(err)
		}
		own = v.GetState()
		l := v.GetEstimations().GetLightChallenge()
		if l.Score != nil {
			return l
		}
		if shown := rgb(l.GetDisplay()); s.other {
			colours = append(colours, told{now, rgb([]string{"#ff0000", "#00ff00", "#0000ff", "#ffff00", "#00ffff", "#ff00ff"}[(uint64(now/900)*(seed+3)+seed)%6])})
		} else {
			colours = append(colours, told{now, shown})
		}
		_ = n
	}
	return nil
}

func rgb(name string) (out [3]float64) {
	for c := range out {
		if name[1+2*c] == 'f' {
			out[c] = 1
		}
	}
	return out
}

func quantiles(scores []float64) [3]float64 {
	sort.Float64s(scores)
	at := func(q float64) float64 { return scores[int(q*float64(len(scores)-1))] }
	return [3]float64{at(.05), at(.5), at(.95)}
}

// TestTable prints the scores of people and attacks over all clips.
func TestTable(t *testing.T) {
	if !*table {
		t.Skip("takes minutes: run with -args -table")
	}
	m := workertest.Models(t, "zoo")
	files, err := filepath.Glob(workertest.Path(t, "actions/real/*"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(workertest.Path(t, "video/real_*"))
	if err != nil {
		t.Fatal(err)
	}
	var people []*person
	for _, file := range append(files, more...) {
		if p := meet(t, m, file); p != nil {
			people = append(people, p)
		}
	}
	t.Logf("%d clips", len(people))
	head := func(k float64) light.Room { return light.Room{Strength: k, Background: 3} }
	for _, c := range []struct {
		name string
		show show
	}{
		{"person, k 1.0 (dark room)", show{room: head(1), delay: 300}},
		{"person, k 0.3 (evening)", show{room: head(.3), delay: 300}},
		{"person, k 0.1 (office)", show{room: head(.1), delay: 300}},
		{"person, k 0.05 (bright office)", show{room: head(.05), delay: 300}},
		{"person, k 0.02 (window)", show{room: head(.02), delay: 300}},
		{"person, k 0.3, wall close behind", show{room: light.Room{Strength: .3, Background: 1.5}, delay: 300}},
		{"person, k 0.3, slow network", show{room: head(.3), delay: 800}},
		{"injected recording", show{room: head(0), none: true}},
		{"recording under another seed", show{room: head(.3), other: true}},
		{"relayed 2 s late", show{room: head(.3), delay: 2000}},
		{"sheet or screen, reflects 0.3", show{room: light.Room{Strength: .3, Background: 3, Surface: light.Sheet}, delay: 300}},
		{"cut-out, k 0.3", show{room: light.Room{Strength: .3, Background: 3, Surface: light.Cutout}, delay: 300}},
	} {
		var scores, shading, gain []float64
		passed := map[float64]int{}
		for i, p := range people {
			l := p.play(t, c.show, uint64(i+1))
			if l == nil {
				continue
			}
			scores = append(scores, l.GetScore())
			gain = append(gain, l.GetMeasures()["gain"])
			if v, ok := l.GetMeasures()["shading"]; ok {
				shading = append(shading, v)
			}
			for _, limit := range []float64{.4, .5, .6, .7} {
				if l.GetScore() >= limit {
					passed[limit]++
				}
			}
		}
		t.Logf("%-34s n %2d score %.2f gain %.3f shading %.2f pass .4 %d .5 %d .6 %d .7 %d", c.name, len(scores), quantiles(scores), quantiles(gain),
			quantiles(shading), passed[.4], passed[.5], passed[.6], passed[.7])
	}
}
