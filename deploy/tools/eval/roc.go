package eval

import (
	"math"
	"slices"
)

// Point is one operating point: scores of at least Threshold are accepted.
type Point struct {
	Threshold float64
	FPR, TPR  float64
	Margin    float64 // by which the threshold could move either way without a difference; 0 when not computed
}

// Curve is a ROC curve from (0, 0) to (1, 1), one point for each different score and the first above all of them.
type Curve []Point

// ROC returns the curve of scores that should be accepted (positive) and rejected (negative), and nil without scores of either
// sort.
func ROC(positive, negative []float64) Curve {
	if len(positive) == 0 || len(negative) == 0 {
		return nil
	}
	pos, neg := descending(positive), descending(negative)
	curve := Curve{{Threshold: math.Inf(1)}}
	for p, n := 0, 0; p < len(pos) || n < len(neg); {
		at := math.Inf(-1)
		if p < len(pos) {
			at = pos[p]
		}
		if n < len(neg) {
			at = max(at, neg[n])
		}
		for p < len(pos) && pos[p] >= at {
			p++
		}
		for n < len(neg) && neg[n] >= at {
			n++
		}
		curve = append(curve, Point{Threshold: at, FPR: float64(n) / float64(len(neg)), TPR: float64(p) / float64(len(pos))})
	}
	return curve
}

func descending(values []float64) []float64 {
	out := slices.Sorted(slices.Values(values))
	slices.Reverse(out)
	return out
}

// EER returns the equal error rate, interpolated between the points of the curve. It is NaN without a curve.
func (c Curve) EER() float64 {
	for i := 1; i < len(c); i++ {
		a, b := c[i-1], c[i]
		before, after := 1-a.TPR-a.FPR, 1-b.TPR-b.FPR // miss rate minus false positive rate: falls from 1 to -1
		if after <= 0 {
			t := before / (before - after)
			return a.FPR + t*(b.FPR-a.FPR)
		}
	}
	return math.NaN()
}

// At returns, of the operating points whose false positive rate is at most fpr, the one with the most true positives and then
// the fewest false positives. Its threshold lies midway to the next score. It reports false without a curve.
func (c Curve) At(fpr float64) (Point, bool) {
	if len(c) == 0 {
		return Point{}, false
	}
	best := 0
	for i, p := range c {
		if p.FPR <= fpr && p.TPR > c[best].TPR {
			best = i
		}
	}
	p := c[best]
	switch {
	case best+1 == len(c):
	case best == 0:
		p.Threshold = math.Nextafter(c[1].Threshold, math.Inf(1))
	default:
		p.Margin = (p.Threshold - c[best+1].Threshold) / 2
		p.Threshold -= p.Margin
	}
	return p, true
}

// leastErrors returns the operating point with the smallest sum of misses and false positives. Its threshold, to three decimals,
// lies in the middle of the widest range of scores that gives it. It reports false without a curve.
func (c Curve) leastErrors() (best Point, ok bool) {
	least := math.Inf(1)
	for i := 1; i+1 < len(c); i++ {
		p := c[i]
		sum := p.FPR + 1 - p.TPR
		p.Margin = (p.Threshold - c[i+1].Threshold) / 2
		if sum < least-1e-12 || sum < least+1e-12 && p.Margin > best.Margin {
			p.Threshold = math.Round((p.Threshold-p.Margin)*1000) / 1000
			best, least, ok = p, min(sum, least), true
		}
	}
	return best, ok
}
