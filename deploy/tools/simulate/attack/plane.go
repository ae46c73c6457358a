package attack

import (
	"math"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
)

// plane is a print held before a camera: it tilts, turns, comes nearer and moves, but it stays flat.
type plane struct {
	photo *Photo
	wall  vision.Image // behind the print
}

func newPlane(p *Photo) *plane {
	w := &plane{photo: p, wall: blank(p.img.Width, p.img.Height)}
	for y := range w.wall.Height {
		for x := range w.wall.Width {
			k := (y*w.wall.Width + x) * 3
			shade := 150 + 30*math.Sin(float64(x)/90)*math.Cos(float64(y)/140)
			w.wall.Pix[k], w.wall.Pix[k+1], w.wall.Pix[k+2] = level(shade), level(shade*0.97), level(shade*0.9)
		}
	}
	return w
}

// paint shows a print whose edges lie outside the picture at rest.
func (w *plane) paint(l Look, dst *vision.Image) {
	copy(dst.Pix, w.wall.Pix)
	const cells = 10
	size := float64(w.photo.img.Width)
	s := sheet{}
	for j := range cells + 1 {
		for i := range cells + 1 {
			s.rest = append(s.rest, point{X: size * float64(i) / cells, Y: size * float64(j) / cells})
			if i < cells && j < cells {
				a := j*(cells+1) + i
				s.faces = append(s.faces, [3]int{a, a + 1, a + cells + 1}, [3]int{a + 1, a + cells + 2, a + cells + 1})
			}
		}
	}
	center := w.photo.center
	center.Z = 0
	l.Scale *= 1.12
	s.draw(&w.photo.img, nil, turn(s.rest, nil, center, 2*w.photo.halfWide, l, nil), dst)
}

// byHand chooses what somebody does with a print for a request: tilt it as the head should turn, push or roll it.
func (a *performer) byHand(action string) Look {
	r := a.random
	l := Look{Scale: 0.9 + 0.35*r.Float64(), Roll: 16 * (r.Float64() - 0.5), X: 0.3 * (r.Float64() - 0.5), Y: 0.2 * (r.Float64() - 0.5)}
	tilt := 30 + 10*r.Float64()
	switch action {
	case schemas.ActionYawLeft:
		l.Yaw = tilt
	case schemas.ActionYawRight:
		l.Yaw = -tilt
	case schemas.ActionPitchUp:
		l.Pitch = tilt
	case schemas.ActionPitchDown:
		l.Pitch = -tilt
	}
	return l
}
