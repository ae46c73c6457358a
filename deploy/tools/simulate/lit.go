package simulate

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"time"

	"github.com/selene-liveness/selene/deploy/tools/simulate/light"
)

// rooms are the strengths of a white screen's light on a face, as a fraction of the light of the room.
var rooms = map[string]float64{"dark": 1, "evening": 0.3, "office": 0.1}

const (
	wallBehind = 3  // times as far away as the face
	mostLit    = 16 // reflectances in memory
)

// screen lights a person with the colours that the session shows. It is for one goroutine.
type screen struct {
	measurer *measurer
	room     light.Room
	camera   *light.Camera
	delay    time.Duration // from a reply to its light
	shown    []shown
	scenes   map[int]*litScene // by frame of the clip
}

type shown struct {
	at     time.Duration
	colour [3]float64
}

type litScene struct {
	light.Scene
	reflectance []float64 // nil without a mesh
}

// newScreen draws the room when strength is 0, the delay and the camera from the seed.
func newScreen(m *Material, strength float64, seed uint64) *screen {
	r := rand.New(rand.NewPCG(seed, 0x119417))
	drawn := []float64{rooms["dark"], rooms["evening"], rooms["office"]}[r.IntN(len(rooms))]
	if strength == 0 {
		strength = drawn
	}
	return &screen{
		measurer: newMeasurer(m.Models), room: light.Room{Strength: strength, Background: wallBehind},
		delay:  between(r, 50*time.Millisecond, 300*time.Millisecond),
		camera: &light.Camera{Exposure: 0.5 + 0.4*r.Float64(), Balance: 0.3 + 0.5*r.Float64(), Noise: 1 + 2*r.Float64(), Random: r},
		scenes: map[int]*litScene{},
	}
}

// show takes the colour of a reply; "" ends the light.
func (s *screen) show(display string, now time.Duration) {
	var next shown
	next.at = now + s.delay
	for i := range next.colour {
		if len(display) == 7 && display[1+2*i] == 'f' {
			next.colour[i] = 1
		}
	}
	if display != "" || len(s.shown) > 0 {
		s.shown = append(s.shown, next)
	}
}

// shine returns the file of a frame as the screen lights it at a time.
func (s *screen) shine(data []byte, frame int, now time.Duration) ([]byte, error) {
	if len(s.shown) == 0 {
		return data, nil
	}
	var colour [3]float64
	for _, x := range s.shown {
		if x.at <= now {
			colour = x.colour
		}
	}
	scene := s.scenes[frame]
	if scene == nil {
		if len(s.scenes) == mostLit {
			clear(s.scenes)
		}
		var err error
		if scene, err = s.see(data); err != nil {
			return nil, err
		}
		s.scenes[frame] = scene
	}
	if scene.reflectance == nil {
		return data, nil
	}
	lit := s.camera.Take(&scene.Scene, scene.reflectance, colour, now.Seconds())
	out := image.NewRGBA(image.Rect(0, 0, lit.Width, lit.Height))
	for i := range lit.Width * lit.Height {
		out.SetRGBA(i%lit.Width, i/lit.Width, color.RGBA{lit.Pix[3*i], lit.Pix[3*i+1], lit.Pix[3*i+2], 255})
	}
	var file bytes.Buffer
	err := jpeg.Encode(&file, out, &jpeg.Options{Quality: 95})
	return file.Bytes(), err
}

// see measures what the light falls on.
func (s *screen) see(data []byte) (*litScene, error) {
	var out litScene
	var none Measures
	seen, err := s.measurer.see(data, &none)
	if err != nil {
		return nil, err
	}
	if !none.Found || !seen.HasMesh {
		return &out, nil
	}
	img := &s.measurer.image
	out.Image = *img
	out.Image.Pix = bytes.Clone(img.Pix)
	out.Face = s.measurer.found[0]
	for i, q := range seen.Mesh {
		out.Mesh = append(out.Mesh, q.X, q.Y, seen.MeshDepth[i])
	}
	out.reflectance = light.Reflectance(&out.Scene, s.room)
	return &out, nil
}

// newLit returns a person in a room, for settings with the light challenge.
func newLit(room string) func(m *Material, seed uint64) (*Cast, error) {
	return func(m *Material, seed uint64) (*Cast, error) {
		cast, err := newPerson(m, seed)
		if err != nil {
			return nil, err
		}
		p, ok := cast.Actor.(*player)
		if !ok {
			return nil, errors.New("simulate: a person is not a player")
		}
		p.screen = newScreen(m, rooms[room], seed)
		return cast, nil
	}
}
