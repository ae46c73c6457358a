package vision

import (
	"math"
	"slices"
)

func sqrt(v float32) float32    { return float32(math.Sqrt(float64(v))) }
func exp(v float32) float32     { return float32(math.Exp(float64(v))) }
func sigmoid(v float32) float32 { return 1 / (1 + exp(-v)) }

// softmax returns the probability of one class.
func softmax(logits []float32, class int) float64 {
	top := slices.Max(logits)
	var sum float32
	for _, v := range logits {
		sum += exp(v - top)
	}
	return float64(exp(logits[class]-top) / sum)
}

func clamp01(v float32) float32 { return max(0, min(v, 1)) }

func distance(a, b Point) float32 {
	return float32(math.Hypot(float64(a.X-b.X), float64(a.Y-b.Y)))
}

func degrees(radians float64) float32 { return float32(radians * 180 / math.Pi) }

// unit scales v to length 1, in place; a vector of zeros stays as it is.
func unit(v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	k := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= k
	}
}
