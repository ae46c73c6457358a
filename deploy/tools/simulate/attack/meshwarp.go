package attack

import (
	"math"

	"github.com/selene-liveness/selene/workers/vision"
)

// oval lists the points of the mesh on the outline of the face.
var oval = [36]int{
	10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
	152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
}

// rings surround the oval, at multiples of its distance from the centre: hair and ears follow the head, what is farther
// out less and less, so that the picture bends instead of tearing.
var rings = []struct {
	size, follow float64
	back         float64 // depth, from that of the outline of the face (0) to behind the ears (1)
}{
	{1.1, 1, 0.12}, {1.25, 1, 0.45}, {1.45, 0.75, 0.8}, {1.8, 0.3, 1},
}

// meshWarp turns the photo's own mesh in space and stretches the photo over it.
type meshWarp struct {
	photo  *Photo
	sheet  sheet
	share  []float64
	moved  []point
	rest   []point
	shadow float64 // how much the light on the face changes as it turns
}

func newMeshWarp(p *Photo) *meshWarp {
	w := &meshWarp{photo: p}
	w.sheet.rest = append(w.sheet.rest, p.mesh[:]...)
	for i := range eyes {
		eyes[i].widen(w.sheet.rest)
	}
	for range p.mesh {
		w.share = append(w.share, 1)
	}
	size := float64(p.img.Width)
	for _, r := range rings {
		for _, i := range oval {
			d := p.mesh[i].minus(p.center)
			back := p.center.Z + 0.35*p.halfWide
			q := point{p.center.X + d.X*r.size, p.center.Y + d.Y*r.size, p.mesh[i].Z + (back-p.mesh[i].Z)*r.back}
			if q.X < 2 || q.Y < 2 || q.X > size-2 || q.Y > size-2 {
				continue
			}
			follow := r.follow
			if d.Y > 0 { // the neck and the shoulders stay
				follow *= 1 - 0.9*d.Y/p.halfUp*min(1, (r.size-1)/0.3)
			}
			w.sheet.rest, w.share = append(w.sheet.rest, q), append(w.share, max(follow, 0))
		}
	}
	const frame = 8
	for i := range frame {
		a := size * float64(i) / frame
		for _, q := range []point{{X: a}, {X: size, Y: a}, {X: size - a, Y: size}, {Y: size - a}} {
			q.Z = p.center.Z + p.halfWide
			w.sheet.rest, w.share = append(w.sheet.rest, q), append(w.share, 0)
		}
	}
	w.sheet.faces = delaunay(w.sheet.rest)
	return w
}

func (w *meshWarp) paint(l Look, dst *vision.Image) {
	w.rest = append(w.rest[:0], w.sheet.rest...)
	if l.Blink > 0 {
		for i := range eyes {
			eyes[i].close(w.rest, min(l.Blink, 1))
		}
	}
	w.moved = turn(w.rest, w.share, w.axis(), 2*w.photo.halfWide, l, w.moved)
	w.sheet.draw(&w.photo.img, nil, w.moved, dst)
	for i := range eyes {
		if l.Blink > 0 {
			eyes[i].lashes(w.moved, min(l.Blink, 1), dst)
		}
	}
	if w.shadow > 0 {
		w.shade(l, dst)
	}
}

// axis is where heads turn: behind the ears.
func (w *meshWarp) axis() point {
	c := w.photo.center
	c.Z += 0.1 * w.photo.halfWide
	c.Y += 0.2 * w.photo.halfUp
	return c
}

// shade darkens the side that turns away from a light before the face, and brightens the other.
func (w *meshWarp) shade(l Look, dst *vision.Image) {
	p := w.photo
	across, down := w.shadow*math.Sin(l.Yaw*math.Pi/180), w.shadow*math.Sin(l.Pitch*math.Pi/180)
	cx, cy := p.center.X+l.X*2*p.halfWide, p.center.Y+l.Y*2*p.halfWide
	for y := range dst.Height {
		v := (float64(y) - cy) / p.halfUp
		for x := range dst.Width {
			u := (float64(x) - cx) / p.halfWide
			d := u*u + v*v
			if d > 2 {
				continue
			}
			f := 1 - (across*u-down*v+0.4*math.Abs(across))*min(1, 2-d)
			k := (y*dst.Width + x) * 3
			for c := range 3 {
				dst.Pix[k+c] = level(float64(dst.Pix[k+c]) * f)
			}
		}
	}
}
