package eval

import (
	"math"
	"slices"
)

// AUC returns the area under the ROC curve by the Mann-Whitney statistic: the share of pairs of a positive and a negative
// score in which the positive is higher, ties counting half. It is NaN without scores of either sort.
func AUC(positive, negative []float64) float64 {
	if len(positive) == 0 || len(negative) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(negative))
	var wins float64
	for _, p := range positive {
		below, _ := slices.BinarySearch(sorted, p)
		upto, _ := slices.BinarySearch(sorted, math.Nextafter(p, math.Inf(1)))
		wins += float64(below) + float64(upto-below)/2
	}
	return wins / float64(len(positive)) / float64(len(negative))
}

// Wilson returns the 95 % confidence interval of a share of k in n (Wilson, 1927). It is 0..1 for n = 0.
func Wilson(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.959963984540054
	p, m := float64(k)/float64(n), float64(n)
	center := p + z*z/(2*m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	low, high = (center-half)/(1+z*z/m), (center+half)/(1+z*z/m)
	if k == 0 {
		low = 0
	}
	if k == n {
		high = 1
	}
	return low, high
}

// RuleOfThree returns the upper bound, with 95 % confidence, of the rate of an error that did not occur in n independent trials:
// 3/n (Hanley and Lippman-Hand, 1983), at most 1.
func RuleOfThree(n int) float64 { return min(1, 3/float64(max(n, 1))) }

// mean returns the mean, NaN of no values.
func mean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
