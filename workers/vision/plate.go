package vision

// plate is a signature as numbers.
type plate []float64

func plateOf(signature []byte) plate {
	if len(signature) != SignatureBytes {
		return nil
	}
	p := make(plate, len(signature))
	for i, v := range signature {
		p[i] = float64(v)
	}
	return p
}

// Places on a plate have coordinates in halves of its width, from its middle.
const halfPlate = signatureWidth / 2.0

func placeOn(k int) (u, v float64) {
	return (float64(k%signatureWidth) - halfPlate) / halfPlate, (float64(k/signatureWidth) - signatureHeight/2) / halfPlate
}

// at returns the level between cells; beyond the rim it goes on as at the rim.
func (p plate) at(x, y float64) float64 {
	x, y = max(0, min(x, signatureWidth-1)), max(0, min(y, signatureHeight-1))
	i, j := min(int(x), signatureWidth-2), min(int(y), signatureHeight-2)
	fx, fy := x-float64(i), y-float64(j)
	k := j*signatureWidth + i
	top, below := p[k]*(1-fx)+p[k+1]*fx, p[k+signatureWidth]*(1-fx)+p[k+signatureWidth+1]*fx
	return top*(1-fy) + below*fy
}

// blurred returns the plate under a binomial filter of 3 x 3 cells.
func (p plate) blurred() plate {
	out := make(plate, len(p))
	for k := range p {
		x, y := k%signatureWidth, k/signatureWidth
		sum := 0.0
		for j := -1; j <= 1; j++ {
			for i := -1; i <= 1; i++ {
				weight := float64((2 - i*i) * (2 - j*j))
				sum += weight * p[clamp(y+j, 0, signatureHeight-1)*signatureWidth+clamp(x+i, 0, signatureWidth-1)]
			}
		}
		out[k] = sum / 16
	}
	return out
}

// focus returns what a change of sharpness adds.
func (p plate) focus() []float64 {
	out := p.blurred()
	for k := range out {
		out[k] -= p[k]
	}
	return out
}

// modes returns the plate, what a change of light adds (even, and rising to any side), and what each of the eight
// parameters of a homography adds when it is small.
func (p plate) modes() [][]float64 {
	out := make([][]float64, lightModes+8)
	for i := range out {
		out[i] = make([]float64, len(p))
	}
	for k := range p {
		u, v := placeOn(k)
		x, y := k%signatureWidth, k/signatureWidth
		left, right := max(x-1, 0), min(x+1, signatureWidth-1)
		above, below := max(y-1, 0), min(y+1, signatureHeight-1)
		dx := (p[y*signatureWidth+right] - p[y*signatureWidth+left]) / float64(right-left)
		dy := (p[below*signatureWidth+x] - p[above*signatureWidth+x]) / float64(below-above)
		for i, value := range [lightModes + 8]float64{
			p[k], 1, u, v, u * v, dx, dx * u, dx * v, dy, dy * u, dy * v, dx*u*u + dy*u*v, dx*u*v + dy*v*v,
		} {
			out[i][k] = value
		}
	}
	return out
}

const lightModes = 5 // with the plate itself

const (
	alignSteps = 4    // at each of two sharpnesses
	alignStep  = 1.5  // cells that a step moves anything at most
	alignEnd   = 0.01 // cells: smaller steps change nothing
	leastAlike = 0.3  // weight of the plate in the sum, below which the two have nothing in common
)

// over returns the plate moved by the homography that lays it over another one, found on blurred plates first.
func (p plate) over(to plate) plate {
	h := homography{1, 0, 0, 0, 1, 0, 0, 0, 1}
	p.blurred().blurred().align(to.blurred().blurred(), &h)
	return p.align(to, &h)
}

// align improves h by steps of Gauss and Newton, and returns the plate moved by it.
func (p plate) align(to plate, h *homography) plate {
	moved := h.move(p)
	for range alignSteps {
		weights := leastSquares(moved.modes(), to)
		if weights[0] < leastAlike {
			break
		}
		var d [8]float64
		most := 0.0
		for i := range d {
			d[i] = max(-alignStep, min(weights[lightModes+i]/weights[0], alignStep)) / halfPlate
			most = max(most, d[i]*halfPlate, -d[i]*halfPlate)
		}
		*h = h.times(&homography{1 + d[1], d[2], d[0], d[4], 1 + d[5], d[3], -d[6], -d[7], 1})
		moved = h.move(p)
		if most < alignEnd {
			break
		}
	}
	return moved
}

// homography maps places on a plate, row by row.
type homography [9]float64

func (h *homography) times(o *homography) (out homography) {
	for k := range out {
		for i := range 3 {
			out[k] += h[k/3*3+i] * o[i*3+k%3]
		}
	}
	return out
}

// move returns the plate whose places are taken from where h maps them to.
func (h *homography) move(p plate) plate {
	out := make(plate, len(p))
	for k := range out {
		u, v := placeOn(k)
		z := max(h[6]*u+h[7]*v+h[8], 1e-3)
		out[k] = p.at(((h[0]*u+h[1]*v+h[2])/z+1)*halfPlate, (h[3]*u+h[4]*v+h[5])/z*halfPlate+signatureHeight/2)
	}
	return out
}
