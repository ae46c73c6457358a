package samepicture

import (
	"math"
	"slices"
)

// The detail that is compared is what a blur by fine leaves and a blur by coarse removes, pixels: pixel noise and light differ
// between two frames of anything.
const (
	fine   = 0.7
	coarse = 4
)

const (
	searches = 6    // steps of the search
	stride   = 1.5  // pixels that a step moves a corner at most
	distinct = 0.99 // correlation of two patches above which they count as one picture
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

// find returns the patch as it lies on the template where both are most alike on the way of the search (mean 0, length 1), and
// their correlation.
func (t *template) find(pixels []byte) (laid []float64, correlation float64) {
	detail := detailOf(pixels)
	const w, h = width - 2*rim, height - 2*rim
	var motion [6]float64 // x: shift, along x, along y; then y
	got := make([]float64, w*h)
	laid, correlation = make([]float64, w*h), -1
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
		if sum > correlation {
			correlation = sum
			copy(laid, got)
		}
		if step == searches || correlation > 0.9995 {
			return laid, correlation
		}
		t.improve(&motion, got, w, h)
	}
}

// explained returns the highest correlation of the template with one of the patches that lie on it, or with a mixture of two.
func (t *template) explained(laid [][]float64, correlations []float64) float64 {
	if len(laid) == 0 {
		return 0
	}
	best := slices.Max(correlations)
	for i, a := range correlations {
		for j, b := range correlations[:i] {
			both := 0.0
			for k, v := range laid[i] {
				both += v * laid[j][k]
			}
			if own := 1 - both*both; own > 1-distinct*distinct {
				best = max(best, math.Sqrt((a*a+b*b-2*a*b*both)/own))
			}
		}
	}
	return best
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
	a, b := blur(p, fineKernel), blur(p, coarseKernel)
	for i := range a {
		a[i] -= b[i]
	}
	return a
}

var fineKernel, coarseKernel = gauss(fine), gauss(coarse)

// gauss returns a kernel of a Gauss blur, whose sum is 1.
func gauss(sigma float64) []float64 {
	r := int(math.Ceil(3 * sigma))
	kernel, sum := make([]float64, 2*r+1), 0.0
	for i := range kernel {
		d := float64(i - r)
		kernel[i] = math.Exp(-d * d / (2 * sigma * sigma))
		sum += kernel[i]
	}
	for i := range kernel {
		kernel[i] /= sum
	}
	return kernel
}

// blur returns p blurred by a kernel; its edges are continued.
func blur(p, kernel []float64) []float64 {
	const w, h = width, height
	r := len(kernel) / 2
	across, out := make([]float64, len(p)), make([]float64, len(p))
	line := make([]float64, w+2*r)
	for y := range h {
		row := p[y*w : (y+1)*w]
		copy(line[r:], row)
		for i := range r {
			line[i], line[r+w+i] = row[0], row[w-1]
		}
		for i, k := range kernel {
			for x, v := range line[i : i+w] {
				across[y*w+x] += k * v
			}
		}
	}
	for y := range h {
		to := out[y*w : (y+1)*w]
		for i, k := range kernel {
			from := min(max(y+i-r, 0), h-1)
			for x, v := range across[from*w : (from+1)*w] {
				to[x] += k * v
			}
		}
	}
	return out
}
