package fakes

import (
	"math"

	"github.com/selene-liveness/selene/workers/vision"
)

// A ring holds the pixels at one distance from the middle of the face, in units of the oval: 0.3 and 0.05 for each ring after it.
// Its sectors are the forehead, the subject's left cheek, the chin and the right cheek.
const rings = 24

type rim struct{ n, luma, cb, cr, noise, fine, coarse float64 } // sums

func ringsOf(p *pixels, m *vision.Measurement, x, y float64) (out [rings][4]rim) {
	var radius [720]float64
	for a := range radius {
		sin, cos := math.Sincos(float64(a) / 360 * math.Pi)
		for i := range oval {
			from, to := at(m, oval[i]), at(m, oval[(i+1)%len(oval)])
			px, py, ex, ey := from[0]-x, from[1]-y, to[0]-from[0], to[1]-from[1]
			across := cos*ey - sin*ex
			if u := (px*sin - py*cos) / across; u >= 0 && u <= 1 {
				radius[a] = max(radius[a], (px*ey-py*ex)/across)
			}
		}
	}
	top := at(m, oval[0])
	up := math.Atan2(top[1]-at(m, oval[18])[1], top[0]-at(m, oval[18])[0])
	for i := range p.luma {
		if i%p.w == 0 || i%p.w == p.w-1 || i < p.w || i >= p.w*(p.h-1) {
			continue
		}
		dx, dy := float64(p.x0+i%p.w)-x, float64(p.y0+i/p.w)-y
		angle := math.Atan2(dy, dx)
		s := (math.Hypot(dx, dy)/radius[int(angle/math.Pi*360+720)%720] - 0.3) / 0.05
		if !(s >= 0 && s < rings) {
			continue
		}
		r := &out[int(s)][int((angle-up)/math.Pi*2+8.5)%4]
		c := p.colour(i)
		r.n, r.luma, r.cb, r.cr = r.n+1, r.luma+p.luma[i], r.cb+(c[2]-p.luma[i])*0.564, r.cr+(c[0]-p.luma[i])*0.713
		r.noise += math.Log(p.noise(i) + 0.25)
		r.fine, r.coarse = r.fine+math.Abs(p.luma[i]-p.blurred[i]), r.coarse+math.Abs(p.blurred[i]-p.soft[i])
	}
	return out
}

// mean is the mean of what is read from the rings that lie between two distances.
func mean(r *[rings][4]rim, from, to float64, read func(*rim) float64) float64 {
	n, sum := 0.0, 0.0
	for k := range r {
		if s := 0.325 + 0.05*float64(k); s > from && s < to {
			for j := range r[k] {
				n, sum = n+r[k][j].n, sum+read(&r[k][j])
			}
		}
	}
	return sum / n
}

func colourBetween(a, b *rim) float64 { return math.Hypot(a.cb/a.n-b.cb/b.n, a.cr/a.n-b.cr/b.n) }

// colourStep is the largest step of colour from a ring to the next between 0.6 and 0.98 of the oval, the mean of the sectors.
func colourStep(r *[rings][4]rim) (sum float64) {
	for sector := range 4 {
		step := 0.0
		for k := 6; k < 13; k++ {
			step = max(step, colourBetween(&r[k][sector], &r[k+1][sector]))
		}
		sum += step / 4
	}
	return sum
}
