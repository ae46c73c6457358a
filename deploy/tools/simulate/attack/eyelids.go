package attack

import (
	"math"

	"github.com/selene-liveness/selene/workers/vision"
)

// eyelids closes the eyes of a photo, one way or another, and remembers the last result.
type eyelids struct {
	photo *Photo
	paint func(blink float64, dst *vision.Image)
	last  float64
	made  vision.Image
}

// closed returns the photo with the lids at 0..1; it is valid until the next call.
func (e *eyelids) closed(blink float64) *vision.Image {
	if blink <= 0 {
		return &e.photo.img
	}
	if e.made.Pix == nil || e.last != blink {
		e.made, e.last = clone(&e.photo.img), blink
		e.paint(blink, &e.made)
	}
	return &e.made
}

// movedLids moves the skin of the lids over the eyes, by as much as blink says.
func movedLids(p *Photo) *eyelids {
	w := newMeshWarp(p)
	return &eyelids{photo: p, paint: func(blink float64, dst *vision.Image) { w.paint(Look{Blink: blink, Scale: 1}, dst) }}
}

// paintedLids puts skin over the eyes at once: that above the eye stretched downwards, or one colour, with a dark line for
// the lashes. The edge is soft.
func paintedLids(p *Photo, stretched bool) *eyelids {
	return &eyelids{photo: p, paint: func(blink float64, dst *vision.Image) {
		if blink < 0.5 {
			return
		}
		paintLid(p, &eyes[0], 33, 133, stretched, dst)
		paintLid(p, &eyes[1], 263, 362, stretched, dst)
	}}
}

func paintLid(p *Photo, l *lid, outer, inner int, stretched bool, dst *vision.Image) {
	a, b := p.mesh[outer], p.mesh[inner]
	across := b.minus(a)
	width := math.Hypot(across.X, across.Y)
	ux, uy := across.X/width, across.Y/width
	if ux < 0 { // the picture's x axis
		ux, uy = -ux, -uy
	}
	c := p.mesh[l.upper[3]].to(p.mesh[l.lower[3]], 0.5).to(a.to(b, 0.5), 0.3)
	wide, high := 0.66*width, 0.36*width
	skin := p.mesh[l.crease[3]].to(p.mesh[l.brow[3]], 0.5)
	flat := [3]float64{}
	flat[0], flat[1], flat[2] = sample(&p.img, skin.X, skin.Y)
	for y := int(c.Y - wide); y <= int(c.Y+wide); y++ {
		for x := int(c.X - wide); x <= int(c.X+wide); x++ {
			if x < 0 || y < 0 || x >= dst.Width || y >= dst.Height {
				continue
			}
			dx, dy := float64(x)+0.5-c.X, float64(y)+0.5-c.Y
			u, v := dx*ux+dy*uy, dy*ux-dx*uy // along the eye and across
			r := math.Hypot(u/wide, v/high)
			if r >= 1 {
				continue
			}
			color := flat
			if stretched {
				// From -high to the lashes, the skin between brow and lid is read three times as slowly.
				sv := -high - 0.04*width + (v+high)*0.22
				color[0], color[1], color[2] = sample(&p.img, c.X+u*ux-sv*uy, c.Y+u*uy+sv*ux)
			}
			// The lashes of a closed eye hang in an arc.
			arc := 0.10*width - 0.16*width*(u/wide)*(u/wide)
			d := (v - arc) / (0.035 * width)
			dark := 1 - 0.55*math.Exp(-d*d)*clamp01((1-math.Abs(u)/wide)*5)
			f := clamp01((1 - r) / 0.25)
			k := (y*dst.Width + x) * 3
			for i := range 3 {
				dst.Pix[k+i] = level(color[i]*dark*f + float64(dst.Pix[k+i])*(1-f))
			}
		}
	}
}
