package attack

import (
	"math"

	"github.com/selene-liveness/selene/workers/vision"
)

// ellipsoid paints the head as an ellipsoid with a nose, turned before the photo. Its lids are those of blinks.
type ellipsoid struct {
	photo *Photo
	sheet sheet
	alpha []byte
	// Behind the head: the photo with its face still in it, or without.
	back  vision.Image
	lids  *eyelids
	moved []point
}

const (
	circles = 16
	sectors = 40
)

// newEllipsoid returns a painter; clean takes the face out of the picture behind.
func newEllipsoid(p *Photo, lids *eyelids, clean bool) *ellipsoid {
	e := &ellipsoid{photo: p, back: p.img, lids: lids}
	a, b := 1.14*p.halfWide, 1.24*p.halfUp
	cx, cy := p.center.X, p.center.Y-0.08*p.halfUp
	bridge, tip := p.mesh[6], p.mesh[1]
	at := func(r, angle float64) point {
		sin, cos := math.Sincos(angle)
		q := point{X: cx + a*r*cos, Y: cy + b*r*sin}
		q.Z = p.center.Z - 0.95*p.halfWide*math.Sqrt(max(0, 1-r*r))
		u := (q.X - (bridge.X + (tip.X-bridge.X)*clamp01((q.Y-bridge.Y)/(tip.Y-bridge.Y)))) / (0.17 * p.halfWide)
		v := (q.Y - bridge.Y) / (tip.Y - bridge.Y) // 0 at the bridge, 1 at the tip
		ridge := clamp01(0.25 + 0.75*v)
		if v < 0 {
			ridge = 0.25 * math.Exp(-8*v*v)
		} else if v > 1 {
			ridge = math.Exp(-30 * (v - 1) * (v - 1))
		}
		q.Z -= 0.3 * p.halfWide * ridge * math.Exp(-u*u)
		return q
	}
	e.sheet.rest = append(e.sheet.rest, at(0, 0))
	for i := 1; i <= circles; i++ {
		for j := range sectors {
			e.sheet.rest = append(e.sheet.rest, at(float64(i)/circles, 2*math.Pi*float64(j)/sectors))
			in, next := 1+(i-2)*sectors, 1+(i-1)*sectors
			k := (j + 1) % sectors
			if i == 1 {
				e.sheet.faces = append(e.sheet.faces, [3]int{0, next + j, next + k})
				continue
			}
			e.sheet.faces = append(e.sheet.faces, [3]int{in + j, next + j, next + k}, [3]int{in + j, next + k, in + k})
		}
	}
	e.alpha = make([]byte, p.img.Width*p.img.Height)
	for y := range p.img.Height {
		for x := range p.img.Width {
			r := math.Hypot((float64(x)+0.5-cx)/a, (float64(y)+0.5-cy)/b)
			e.alpha[y*p.img.Width+x] = level(255 * clamp01((1-r)/0.12))
		}
	}
	if clean {
		e.back = inpaint(&p.img, e.alpha)
	}
	return e
}

func clamp01(v float64) float64 { return min(max(v, 0), 1) }

func (e *ellipsoid) paint(l Look, dst *vision.Image) {
	face := e.lids.closed(l.Blink)
	if l == (Look{Blink: l.Blink, Scale: l.Scale}) {
		copy(dst.Pix, face.Pix)
		return
	}
	copy(dst.Pix, e.back.Pix)
	c := e.photo.center
	e.moved = turn(e.sheet.rest, nil, c, 2*e.photo.halfWide, l, e.moved)
	e.sheet.draw(face, e.alpha, e.moved, dst)
}
