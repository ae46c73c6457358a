package attack

import (
	"math"

	"github.com/selene-liveness/selene/workers/vision"
)

// lid lists points of the mesh from the outer to the inner corner of an eye: the edge of the upper lid, the edge of the
// lower lid, and two rows of skin above the upper lid and one below the lower.
type lid struct{ upper, lower, crease, brow, under [7]int }

var eyes = [2]lid{
	{ // the subject's right
		upper:  [7]int{246, 161, 160, 159, 158, 157, 173},
		lower:  [7]int{7, 163, 144, 145, 153, 154, 155},
		crease: [7]int{247, 30, 29, 27, 28, 56, 190},
		brow:   [7]int{113, 225, 224, 223, 222, 221, 189},
		under:  [7]int{25, 110, 24, 23, 22, 26, 112},
	},
	{
		upper:  [7]int{466, 388, 387, 386, 385, 384, 398},
		lower:  [7]int{249, 390, 373, 374, 380, 381, 382},
		crease: [7]int{467, 260, 259, 257, 258, 286, 414},
		brow:   [7]int{342, 445, 444, 443, 442, 441, 413},
		under:  [7]int{255, 339, 254, 253, 252, 256, 341},
	},
}

// close moves the lids of a mesh: closed is 0..1. The upper lid comes down nearly all the way and pulls its skin along.
func (l *lid) close(mesh []point, closed float64) {
	for i := range l.upper {
		up, low := mesh[l.upper[i]], mesh[l.lower[i]]
		way := low.minus(up)
		mesh[l.upper[i]] = up.plus(way.times(0.93 * closed))
		mesh[l.lower[i]] = low.minus(way.times(0.07 * closed))
		mesh[l.crease[i]] = mesh[l.crease[i]].plus(way.times(0.35 * closed))
		mesh[l.brow[i]] = mesh[l.brow[i]].plus(way.times(0.08 * closed))
	}
}

// widen moves the edges of the lids from the eye to the skin beside it, so that no white of the eye comes along.
func (l *lid) widen(mesh []point) {
	for i := range l.upper {
		up, low := mesh[l.upper[i]], mesh[l.lower[i]]
		mesh[l.upper[i]] = up.to(mesh[l.crease[i]], 0.45)
		mesh[l.lower[i]] = low.to(mesh[l.under[i]], 0.4)
	}
}

// lashes darkens the line between closed lids.
func (l *lid) lashes(mesh []point, closed float64, dst *vision.Image) {
	line := make([]point, 0, len(l.upper))
	for _, i := range l.upper {
		line = append(line, mesh[i])
	}
	wide := 0.03 * math.Hypot(line[6].X-line[0].X, line[6].Y-line[0].Y)
	x0, x1, y0, y1 := line[0].X, line[0].X, line[0].Y, line[0].Y
	for _, p := range line {
		x0, x1, y0, y1 = min(x0, p.X), max(x1, p.X), min(y0, p.Y), max(y1, p.Y)
	}
	margin := 3 * wide
	for y := max(int(y0-margin), 0); y < min(int(y1+margin)+1, dst.Height); y++ {
		for x := max(int(x0-margin), 0); x < min(int(x1+margin)+1, dst.Width); x++ {
			d := distance(line, float64(x)+0.5, float64(y)+0.5) / wide
			if d > 3 {
				continue
			}
			f := 1 - 0.7*closed*math.Exp(-d*d/2)
			k := (y*dst.Width + x) * 3
			for c := range 3 {
				dst.Pix[k+c] = level(float64(dst.Pix[k+c]) * f)
			}
		}
	}
}

// distance is that of a place from a line of several parts.
func distance(line []point, x, y float64) float64 {
	best := math.Inf(1)
	for i := range line[1:] {
		a, b := line[i], line[i+1]
		dx, dy := b.X-a.X, b.Y-a.Y
		f := clamp01(((x-a.X)*dx + (y-a.Y)*dy) / max(dx*dx+dy*dy, 1e-9))
		best = min(best, math.Hypot(x-a.X-f*dx, y-a.Y-f*dy))
	}
	return best
}
