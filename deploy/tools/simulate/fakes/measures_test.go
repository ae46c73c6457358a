package fakes

import (
	"math"
	"slices"

	"github.com/selene-liveness/selene/workers/vision"
)

// Points of the mesh. The oval begins at the top of the forehead and goes round by the subject's left.
var (
	oval = [36]int{
		10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
		152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
	}
	innerLips = []int{78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95}
	eyes      = [2][]int{{33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7}, {
		263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249,
	}}
	outerLips = []int{61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185}
	rigid     = slices.DeleteFunc(points(468), func(i int) bool {
		return slices.Contains(slices.Concat(oval[:], innerLips, outerLips, eyes[0], eyes[1]), i)
	})
)

func points(n int) (out []int) {
	for i := range n {
		out = append(out, i)
	}
	return out
}

func at(m *vision.Measurement, i int) [2]float64 {
	return [2]float64{float64(m.Mesh[i].X), float64(m.Mesh[i].Y)}
}

func faceHeight(m *vision.Measurement) float64 {
	top, chin := at(m, 10), at(m, 152)
	return math.Hypot(top[0]-chin[0], top[1]-chin[1])
}

// move is the affine motion between two frames that takes the rigid points nearest to where they are in the second.
type move struct{ from, to, x, y [2]float64 } // middles of the points, and the rows of the matrix

func moveOf(a, b *vision.Measurement) (o move) {
	for _, i := range rigid {
		for k := range 2 {
			o.from[k] += at(a, i)[k] / float64(len(rigid))
			o.to[k] += at(b, i)[k] / float64(len(rigid))
		}
	}
	var xx, xy, yy float64
	var px, py [2]float64
	for _, i := range rigid {
		p, q := at(a, i), at(b, i)
		x, y, u, v := p[0]-o.from[0], p[1]-o.from[1], q[0]-o.to[0], q[1]-o.to[1]
		xx, xy, yy = xx+x*x, xy+x*y, yy+y*y
		px, py = [2]float64{px[0] + u*x, px[1] + u*y}, [2]float64{py[0] + v*x, py[1] + v*y}
	}
	det := xx*yy - xy*xy
	o.x = [2]float64{(px[0]*yy - px[1]*xy) / det, (px[1]*xx - px[0]*xy) / det}
	o.y = [2]float64{(py[0]*yy - py[1]*xy) / det, (py[1]*xx - py[0]*xy) / det}
	return o
}

// rest returns where a point of b lies from where the motion takes that of a.
func (o *move) rest(a, b *vision.Measurement, i int) [2]float64 {
	p, q := at(a, i), at(b, i)
	x, y := p[0]-o.from[0], p[1]-o.from[1]
	return [2]float64{q[0] - o.to[0] - o.x[0]*x - o.x[1]*y, q[1] - o.to[1] - o.y[0]*x - o.y[1]*y}
}

func rms(of []int, v func(i int) [2]float64) float64 {
	sum := 0.0
	for _, i := range of {
		p := v(i)
		sum += p[0]*p[0] + p[1]*p[1]
	}
	return math.Sqrt(sum / float64(len(of)))
}

// pixels holds the grey levels round a face, and the same blurred by about one and by about two pixels.
type pixels struct {
	img                 *vision.Image
	x0, y0, w, h        int
	luma, blurred, soft []float64
}

func pixelsRound(img *vision.Image, x, y, r float64) *pixels {
	p := &pixels{img: img, x0: max(0, int(x-r)), y0: max(0, int(y-r))}
	p.w, p.h = min(img.Width, int(x+r))-p.x0, min(img.Height, int(y+r))-p.y0
	for i := range p.w * p.h {
		c := p.colour(i)
		p.luma = append(p.luma, 0.299*c[0]+0.587*c[1]+0.114*c[2])
	}
	p.blurred = blur(p.luma, p.w, p.h)
	p.soft = blur(blur(blur(p.blurred, p.w, p.h), p.w, p.h), p.w, p.h)
	return p
}

func (p *pixels) colour(i int) [3]float64 {
	c := p.img.Pix[((p.y0+i/p.w)*p.img.Width+p.x0+i%p.w)*3:]
	return [3]float64{float64(c[0]), float64(c[1]), float64(c[2])}
}

// noise is the estimate of Immerkaer (1996) for one pixel.
func (p *pixels) noise(i int) float64 {
	l, w := p.luma, p.w
	return math.Abs(l[i-w-1]-2*l[i-w]+l[i-w+1]-2*l[i-1]+4*l[i]-2*l[i+1]+l[i+w-1]-2*l[i+w]+l[i+w+1]) / 6
}

// detail is the mean difference to the blurred picture in the box round some points.
func (p *pixels) detail(m *vision.Measurement, of []int) float64 {
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{}
	for _, i := range of {
		for k, v := range at(m, i) {
			lo[k], hi[k] = min(lo[k], v), max(hi[k], v)
		}
	}
	sum, n := 0.0, 0.0
	for y := max(0, int(lo[1])-p.y0); y <= min(p.h-1, int(hi[1])-p.y0); y++ {
		for x := max(0, int(lo[0])-p.x0); x <= min(p.w-1, int(hi[0])-p.x0); x++ {
			sum, n = sum+math.Abs(p.luma[y*p.w+x]-p.blurred[y*p.w+x]), n+1
		}
	}
	return sum / n
}

func blur(l []float64, w, h int) []float64 {
	a, b := make([]float64, len(l)), make([]float64, len(l))
	for i := range l {
		x := i % w
		a[i] = (l[i-min(x, 1)] + 2*l[i] + l[i+min(w-1-x, 1)]) / 4
	}
	for i := range a {
		y := i / w
		b[i] = (a[i-w*min(y, 1)] + 2*a[i] + a[i+w*min(h-1-y, 1)]) / 4
	}
	return b
}

// likeness is the best correlation of a patch of a with one of b up to two pixels away; both are square.
func likeness(a, b []float64, side, x, y, size int) float64 {
	best := -1.0
	for k := range 25 {
		shift := k/5*side + k%5 - 2*side - 2
		var n, sa, sb, aa, bb, ab float64
		for j := range size * size {
			i := (y+j/size)*side + x + j%size
			u, v := a[i], b[i+shift]
			n, sa, sb, aa, bb, ab = n+1, sa+u, sb+v, aa+u*u, bb+v*v, ab+u*v
		}
		best = max(best, (ab-sa*sb/n)/math.Sqrt((aa-sa*sa/n)*(bb-sb*sb/n)+1e-9))
	}
	return best
}
