package samepicture

import "math"

// The detail that is compared is what a blur by fine leaves and a blur by coarse removes, pixels: pixel noise and light differ
// between two frames of anything.
const (
	fine   = 0.7
	coarse = 4
)

const (
	searches = 6   // steps of the search
	stride   = 1.5 // pixels that a step moves a corner at most
)

// template is a patch that another one is laid over.
type template struct {
	want []float64 // the inside, mean 0, length 1
}

func newTemplate(pixels []byte) *template {
	detail := detailOf(pixels)
	t := &template{}
	for y := rim; y < height-rim; y++ {
		t.want = append(t.want, detail[y*width+rim:(y+1)*width-rim]...)
	}
	normalize(t.want)
	return t
}

// find returns the highest correlation on the way of the search.
func (t *template) find(pixels []byte) float64 {
	detail := detailOf(pixels)
	const w, h = width - 2*rim, height - 2*rim
	var motion [6]float64 // x: shift, along x, along y; then y
	got := make([]float64, w*h)
	best := -1.0
	for step := 0; ; step++ {
		for y := range h {
			v := 2*float64(y)/float64(h-1) - 1
			for x := range w {
				u := 2*float64(x)/float64(w-1) - 1
				got[y*w+x] = sample(detail,
					float64(x+rim)+motion[0]+motion[1]*u+motion[2]*v, float64(y+rim)+motion[3]+motion[4]*u+motion[5]*v)
			}
		}
		normalize(got)
		sum := 0.0
		for i := range got {
			sum += got[i] * t.want[i]
		}
		best = max(best, sum)
		if step == searches || best > 0.9995 {
			return best
		}
		t.improve(&motion, got, w, h)
	}
}

// improve moves the motion towards the template: one step of Gauss and Newton.
func (t *template) improve(motion *[6]float64, got []float64, w, h int) {
	var a [6][7]float64
	for y := range h {
		v := 2*float64(y)/float64(h-1) - 1
		for x := range w {
			u := 2*float64(x)/float64(w-1) - 1
			i := y*w + x
			dx := got[y*w+min(x+1, w-1)] - got[y*w+max(x-1, 0)]
			dy := got[min(y+1, h-1)*w+x] - got[max(y-1, 0)*w+x]
			if x > 0 && x < w-1 {
				dx /= 2
			}
			if y > 0 && y < h-1 {
				dy /= 2
			}
			j := [7]float64{dx, dx * u, dx * v, dy, dy * u, dy * v, t.want[i] - got[i]}
			for r := range 6 {
				for c := r; c < 7; c++ {
					a[r][c] += j[r] * j[c]
				}
			}
		}
	}
	trace := 0.0
	for r := range 6 {
		trace += a[r][r]
		for c := range r {
			a[r][c] = a[c][r]
		}
	}
	for r := range 6 {
		a[r][r] += 1e-4*trace/6 + 1e-12
	}
	for i, d := range solve(&a) {
		motion[i] = min(max(motion[i]+min(max(d, -stride), stride), -5), 5)
	}
}

// solve returns the solution of a positive definite system by elimination.
func solve(a *[6][7]float64) (x [6]float64) {
	for r := range 6 {
		for k := r + 1; k < 6; k++ {
			f := a[k][r] / a[r][r]
			for c := r; c < 7; c++ {
				a[k][c] -= f * a[r][c]
			}
		}
	}
	for r := 5; r >= 0; r-- {
		x[r] = a[r][6]
		for c := r + 1; c < 6; c++ {
			x[r] -= a[r][c] * x[c]
		}
		x[r] /= a[r][r]
	}
	return x
}

func sample(p []float64, x, y float64) float64 {
	const w, h = width, height
	x, y = min(max(x, 0), float64(w-1)), min(max(y, 0), float64(h-1))
	i, j := min(int(x), w-2), min(int(y), h-2)
	fx, fy := x-float64(i), y-float64(j)
	k := j*w + i
	return (p[k]*(1-fx)+p[k+1]*fx)*(1-fy) + (p[k+w]*(1-fx)+p[k+w+1]*fx)*fy
}

func normalize(v []float64) {
	mean, length := 0.0, 0.0
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for i := range v {
		v[i] -= mean
		length += v[i] * v[i]
	}
	length = math.Sqrt(length) + 1e-9
	for i := range v {
		v[i] /= length
	}
}

func detailOf(pixels []byte) []float64 {
	p := make([]float64, len(pixels))
	for i, v := range pixels {
		p[i] = float64(v)
	}
	a, b := blur(p, fine), blur(p, coarse)
	for i := range a {
		a[i] -= b[i]
	}
	return a
}

// blur returns the Gauss blur of p, whose edges are continued.
func blur(p []float64, sigma float64) []float64 {
	const w, h = width, height
	r := int(math.Ceil(3 * sigma))
	kernel, sum := make([]float64, 2*r+1), 0.0
	for i := range kernel {
		d := float64(i - r)
		kernel[i] = math.Exp(-d * d / (2 * sigma * sigma))
		sum += kernel[i]
	}
	across, out := make([]float64, len(p)), make([]float64, len(p))
	for y := range h {
		for x := range w {
			for i, k := range kernel {
				across[y*w+x] += k / sum * p[y*w+min(max(x+i-r, 0), w-1)]
			}
		}
	}
	for y := range h {
		for x := range w {
			for i, k := range kernel {
				out[y*w+x] += k / sum * across[min(max(y+i-r, 0), h-1)*w+x]
			}
		}
	}
	return out
}
