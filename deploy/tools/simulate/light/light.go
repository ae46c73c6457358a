// Package light renders what a camera sees when a screen lights a person: for simulated sessions of the light challenge.
package light

import (
	"math"
	"math/rand/v2"

	"github.com/selene-liveness/selene/workers/lightchallenge"
	"github.com/selene-liveness/selene/workers/vision"
)

// Scene is one frame with one face, as the camera would take it without the screen.
type Scene struct {
	Image vision.Image
	Face  vision.Detection
	Mesh  []float32 // x and y in pixels and depth of the points of the face
}

// Surface is what the camera is pointed at.
type Surface int

// What can be in front of the camera.
const (
	Head   Surface = iota // a head before a background that is farther away
	Cutout                // the face cut out of a flat print, before such a background
	Sheet                 // a flat print or a screen that shows face and background, or a filter over all the picture
)

// Room states how the screen lights a scene.
type Room struct {
	Strength   float64 // light of the white screen on the face as a fraction of the ambient light
	Background float64 // distance of the background as a multiple of that of the face, above 0
	Surface    Surface
}

// Reflectance returns, for each pixel, the light of a white screen that the scene adds to its pixels, as a fraction of their own: a
// pixel in linear light is its albedo times the ambient light, and gets the same albedo times the light of the screen. A head
// is a Lambertian surface with the normals of the mesh, lit from the camera: hair, neck and body get half of the light.
func Reflectance(s *Scene, room Room) []float64 {
	w, h := s.Image.Width, s.Image.Height
	out := make([]float64, w*h)
	far := room.Strength / (room.Background * room.Background)
	box := s.Face.Box
	facing := lightchallenge.Facing(s.Mesh)
	hull := hullOf(s.Mesh)
	const grid = 3 // pixels with one normal
	grown := map[[2]int]float64{}
	for y := range h {
		for x := range w {
			at := &out[y*w+x]
			dx, dy := math.Abs(float64(x)-float64(box.X+box.Width/2)), float64(y)-float64(box.Y+box.Height/2)
			near := dx < .75*float64(box.Width) && math.Abs(dy) < .75*float64(box.Height) || dy > .5*float64(box.Height)+.2*dx
			switch {
			case room.Surface == Sheet:
				*at = room.Strength
			case hull.holds(float64(x), float64(y)):
				cosine := 1.0
				if room.Surface == Head {
					if cell := [2]int{x / grid, y / grid}; grown[cell] == 0 {
						grown[cell] = nearest(s.Mesh, facing, float64(x), float64(y))
					}
					cosine = grown[[2]int{x / grid, y / grid}]
				}
				*at = room.Strength * cosine
			case near:
				*at = room.Strength / 2
			default:
				*at = far
			}
		}
	}
	return smooth(out, w, h, max(1, int(box.Width/20)))
}

// nearest returns the mean of a value over the three points next to a place, weighted by their distance.
func nearest(mesh []float32, values []float64, x, y float64) float64 {
	d, v := [3]float64{math.MaxFloat64, math.MaxFloat64, math.MaxFloat64}, [3]float64{}
	for i := range values {
		dx, dy := float64(mesh[3*i])-x, float64(mesh[3*i+1])-y
		q := dx*dx + dy*dy
		if q >= d[2] {
			continue
		}
		k := 2
		for ; k > 0 && d[k-1] > q; k-- {
			d[k], v[k] = d[k-1], v[k-1]
		}
		d[k], v[k] = q, values[i]
	}
	sum, weight := 0.0, 0.0
	for k := range d {
		g := 1 / (1 + d[k])
		sum, weight = sum+g*v[k], weight+g
	}
	return sum / weight
}

// rows is the outline of a mesh: the first and the last x of each row.
type rows map[int][2]float64

func hullOf(mesh []float32) rows {
	out := rows{}
	const block = 4 // pixels: a row of a mesh has few points
	for i := 0; i+2 < len(mesh); i += 3 {
		x, y := float64(mesh[i]), int(math.Floor(float64(mesh[i+1])/block))
		r, ok := out[y]
		if !ok {
			r = [2]float64{x, x}
		}
		out[y] = [2]float64{min(r[0], x), max(r[1], x)}
	}
	return out
}

func (r rows) holds(x, y float64) bool {
	row, ok := r[int(math.Floor(y/4))]
	return ok && x >= row[0] && x <= row[1]
}

// smooth is a box blur of the given radius.
func smooth(in []float64, w, h, radius int) []float64 {
	pass := func(in []float64, n, lines, step, line int) []float64 {
		out := make([]float64, len(in))
		for l := range lines {
			sum := 0.0
			at := func(i int) float64 { return in[l*line+max(0, min(n-1, i))*step] }
			for i := -radius; i <= radius; i++ {
				sum += at(i)
			}
			for i := range n {
				out[l*line+i*step] = sum / float64(2*radius+1)
				sum += at(i+radius+1) - at(i-radius)
			}
		}
		return out
	}
	return pass(pass(in, w, h, 1, w), h, w, w, 1)
}

// Camera is a camera with automatic exposure and white balance. It may not be shared between goroutines.
type Camera struct {
	Exposure float64 // how much of a change of brightness it levels out, 0..1, with a time constant of half a second
	Balance  float64 // how much of a change of colour, with one of three seconds
	Noise    float64 // standard deviation, of 255
	Random   *rand.Rand

	started bool
	at      float64
	gain    [3]float64
}

// Take returns the picture of a scene in which the screen shows a colour (linear light per channel, 0..1), a number of seconds
// after the start. Reflectance is that of the scene.
func (c *Camera) Take(s *Scene, reflectance []float64, colour [3]float64, seconds float64) vision.Image {
	out := vision.Image{Width: s.Image.Width, Height: s.Image.Height, Pix: make([]byte, len(s.Image.Pix))}
	lit := make([]float64, len(s.Image.Pix))
	var before, after [3]float64
	for i, v := range s.Image.Pix {
		own := toLinear[v]
		lit[i] = own * (1 + reflectance[i/3]*colour[i%3])
		before[i%3], after[i%3] = before[i%3]+own, after[i%3]+lit[i]
	}
	c.adapt(before, after, seconds)
	for i := range lit {
		v := toGamma(lit[i]*c.gain[i%3])*255 + c.Noise*c.Random.NormFloat64()
		out.Pix[i] = byte(max(0, min(255, math.Round(v))))
	}
	return out
}

// adapt moves the gains towards those that level out the light of the screen.
func (c *Camera) adapt(before, after [3]float64, seconds float64) {
	if !c.started {
		c.gain, c.started = [3]float64{1, 1, 1}, true
	}
	pass := max(0, seconds-c.at)
	c.at = seconds
	total := (before[0] + before[1] + before[2]) / max(1e-9, after[0]+after[1]+after[2])
	mean := (c.gain[0] + c.gain[1] + c.gain[2]) / 3
	exposure := mean + (math.Pow(total, c.Exposure)-mean)*(1-math.Exp(-pass/.5))
	for i := range c.gain {
		balance := c.gain[i] / mean
		want := math.Pow(before[i]/max(1e-9, after[i])/total, c.Balance)
		c.gain[i] = exposure * (balance + (want-balance)*(1-math.Exp(-pass/3)))
	}
}

var toLinear = func() (t [256]float64) {
	for i := range t {
		t[i] = math.Pow(float64(i)/255, 2.2)
	}
	return t
}()

const gammaSteps = 1 << 13

var gammaTable = func() (t [gammaSteps + 1]float64) {
	for i := range t {
		t[i] = math.Pow(float64(i)/gammaSteps, 1/2.2)
	}
	return t
}()

func toGamma(v float64) float64 { return gammaTable[int(min(1, max(0, v))*gammaSteps)] }
