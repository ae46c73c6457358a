package vision

import "math"

// Novelty returns how much of a face is new against others, all as [Signature] gives them: 0 for the same picture. A picture
// that is held, moved, tilted, resized, lit otherwise, blurred or encoded again, or mixed of others, has little that is new; in
// the face of a living person lids, gaze, mouth, and the nose against the cheeks move. With no other signature the face is wholly
// new, 1; signatures of another length are left out.
//
// Each of the others is laid over the face by the homography that makes them most alike (Baker and Matthews, Lucas-Kanade 20
// years on, IJCV 2004), as a plane before a camera would need. Of the face, the part is removed that a weighted sum of the
// others explains, with their light, focus and what is left of their motion. The result is the root mean square of what
// remains in the worst block of the face, over the contrast of the face. README.md has the error rates.
func Novelty(others [][]byte, face []byte) float64 {
	now := plateOf(face)
	if now == nil {
		return 0
	}
	var columns [][]float64
	for i, o := range others {
		p := plateOf(o)
		if p == nil {
			continue
		}
		p = p.over(now)
		if i < len(others)-1 {
			columns = append(columns, p)
			continue
		}
		columns = append(columns, p.modes()...)
		columns = append(columns, p.focus())
	}
	if len(columns) == 0 {
		return 1
	}
	rest := append(plate(nil), now...)
	for i, w := range leastSquares(columns, now) {
		for k, v := range columns[i] {
			rest[k] -= w * v
		}
	}
	return rest.worstBlock() / (now.contrast() + leastContrast)
}

// leastContrast is added to the contrast of a face, in grey levels, so that noise is not new.
const leastContrast = 2

// Blocks have the size of an eye, and overlap by half.
const blockWidth, blockHeight = 4, 4

// worstBlock returns the largest root mean square of a block inside the rim.
func (p plate) worstBlock() float64 {
	worst := 0.0
	for y := 1; y+blockHeight < signatureHeight; y += blockHeight / 2 {
		for x := 1; x+blockWidth < signatureWidth; x += blockWidth / 2 {
			sum := 0.0
			for k := range blockWidth * blockHeight {
				v := p[(y+k/blockWidth)*signatureWidth+x+k%blockWidth]
				sum += v * v
			}
			worst = max(worst, sum)
		}
	}
	return math.Sqrt(worst / (blockWidth * blockHeight))
}

func (p plate) contrast() float64 {
	mean, sum := 0.0, 0.0
	for _, v := range p {
		mean += v / float64(len(p))
	}
	for _, v := range p {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(p)))
}

// leastSquares returns the weights of the columns whose sum comes nearest to the target.
func leastSquares(columns [][]float64, target []float64) []float64 {
	n := len(columns)
	a := make([][]float64, n)
	for i := range a {
		a[i] = make([]float64, n+1)
		for j := range i {
			a[i][j] = a[j][i]
		}
		for j := i; j < n; j++ {
			a[i][j] = dot(columns[i], columns[j])
		}
		a[i][n] = dot(columns[i], target)
		a[i][i] = a[i][i]*(1+1e-6) + 1e-9 // columns may depend on each other
	}
	for i := range n { // positive definite: no pivots are needed
		for j := i + 1; j < n; j++ {
			f := a[j][i] / a[i][i]
			for k := i; k <= n; k++ {
				a[j][k] -= f * a[i][k]
			}
		}
	}
	out := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		sum := a[i][n]
		for j := i + 1; j < n; j++ {
			sum -= a[i][j] * out[j]
		}
		out[i] = sum / a[i][i]
	}
	return out
}

func dot(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}
