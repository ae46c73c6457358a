package attack

import (
	"math"
	"math/rand/v2"

	"github.com/selene-liveness/selene/deploy/tools/simulate"
	"github.com/selene-liveness/selene/workers/vision"
)

// screen films a screen that shows what another painter, or a recording, shows: its grid and the camera's interfere, its
// blacks are grey and its colours cold, it reflects a lamp, and it is held a little askew.
type screen struct {
	pitch, slant float64 // of the grid: pixels of the picture, radians
	moire        float64 // 0..1
	gamma        float64
	gain         [3]float64
	lift         float64
	lamp         point // X, Y: shares of the picture; Z: brightness
	tilt         Look
	bezel        float64 // share of the picture, or 0
}

func newScreen(r *rand.Rand) *screen {
	s := &screen{
		pitch: 2.1 + 1.2*r.Float64(), slant: 0.08 * (r.Float64() - 0.5), moire: 0.03 + 0.05*r.Float64(), gamma: 0.8 + 0.5*r.Float64(),
		gain: [3]float64{0.93 + 0.06*r.Float64(), 0.97, 1 + 0.06*r.Float64()}, lift: 6 + 14*r.Float64(),
		lamp: point{0.15 + 0.7*r.Float64(), 0.1 + 0.3*r.Float64(), 70 * r.Float64()},
		tilt: Look{Yaw: 12 * (r.Float64() - 0.5), Pitch: 10 * (r.Float64() - 0.5), Roll: 5 * (r.Float64() - 0.5), Scale: 1.1},
	}
	if r.IntN(3) == 0 {
		s.bezel, s.tilt.Scale = 0.04, 0.93
	}
	return s
}

// film paints what the camera sees of src.
func (s *screen) film(src, dst *vision.Image) {
	w, h := float64(src.Width), float64(src.Height)
	corners := []point{{X: 0, Y: 0}, {X: w, Y: 0}, {X: w, Y: h}, {X: 0, Y: h}, {X: w / 2, Y: h / 2}}
	faces := [][3]int{{0, 1, 4}, {1, 2, 4}, {2, 3, 4}, {3, 0, 4}}
	for i := range dst.Pix {
		dst.Pix[i] = 14
	}
	at := turn(corners, nil, point{X: w / 2, Y: h / 2}, w*0.7, s.tilt, nil)
	(&sheet{corners, faces}).draw(src, nil, at, dst)
	var curve [3][256]float64
	for c := range 3 {
		for i := range 256 {
			curve[c][i] = s.lift + (255-s.lift)*s.gain[c]*math.Pow(float64(i)/255, s.gamma)
		}
	}
	sin, cos := math.Sincos(s.slant)
	for y := range dst.Height {
		for x := range dst.Width {
			u, v := float64(x)*cos+float64(y)*sin, float64(y)*cos-float64(x)*sin
			dx, dy := float64(x)/w-s.lamp.X, float64(y)/h-s.lamp.Y
			glare := s.lamp.Z * math.Exp(-(dx*dx+dy*dy)/0.02)
			k := (y*dst.Width + x) * 3
			for c := range 3 {
				// Each colour has its own stripes.
				grid := 1 + s.moire*(math.Sin(2*math.Pi*(u/s.pitch+float64(c)/3))+0.6*math.Sin(2*math.Pi*v/s.pitch))
				dst.Pix[k+c] = level(curve[c][dst.Pix[k+c]]*grid + glare)
			}
		}
	}
}

// filmed is a painter behind a screen.
type filmed struct {
	screen *screen
	of     painter
	source vision.Image
}

func (f *filmed) paint(l Look, dst *vision.Image) {
	if len(f.source.Pix) != len(dst.Pix) {
		f.source = blank(dst.Width, dst.Height)
	}
	f.of.paint(l, &f.source)
	f.screen.film(&f.source, dst)
}

// Screen films another actor's pictures off a screen. Close it after use.
type Screen struct {
	actor    simulate.Actor
	screen   *screen
	camera   *camera
	decoder  *vision.Decoder
	img, out vision.Image
}

// NewScreen returns an actor that shows what another shows, on a screen.
func NewScreen(actor simulate.Actor, seed uint64) *Screen {
	r := seeded(seed)
	return &Screen{actor: actor, screen: newScreen(r), camera: newCamera(r), decoder: vision.NewDecoder(1 << 24)}
}

// Next films the other actor's next picture.
func (s *Screen) Next(last simulate.Reply) (simulate.Picture, error) {
	shown, err := s.actor.Next(last)
	if err != nil {
		return simulate.Picture{}, err
	}
	if err := s.decoder.Decode(shown.Image, &s.img); err != nil {
		return simulate.Picture{}, err
	}
	if len(s.out.Pix) != len(s.img.Pix) {
		s.out = blank(s.img.Width, s.img.Height)
	}
	s.out.Width, s.out.Height = s.img.Width, s.img.Height
	s.screen.film(&s.img, &s.out)
	shown.Image, err = s.camera.film(&s.out)
	return shown, err
}

// Close frees the decoder.
func (s *Screen) Close() { s.decoder.Close() }

func screenStill(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	a := newPerformer(&filmed{screen: newScreen(r), of: newPlane(p)}, p.img.Width, r)
	a.acts = func(action string, _ *rand.Rand) Look { return a.byHand(action) }
	a.sway = newSway(r, 1, 0.012)
	return a
}

func screenWarp(p *Photo, seed uint64) *performer {
	r := seeded(seed)
	a := newPerformer(&filmed{screen: newScreen(r), of: newMeshWarp(p)}, p.img.Width, r)
	a.sway = newSway(r, 0.8, 0.006)
	return a
}
