package stats

import (
	"maps"
	"math"
	"slices"
)

// RelativeError bounds the relative error of quantiles.
const RelativeError = 0.01

// growth is the ratio of neighbouring bins; the middle of a bin is within RelativeError of its ends.
var (
	growth    = (1 + RelativeError) / (1 - RelativeError)
	logGrowth = math.Log(growth)
)

// Bins range from a millionth to a thousand million, so there are at most 1730 of them.
const (
	lowest  = 1e-6
	highest = 1e9
	micro   = 1e6
)

// Histogram counts non-negative values in bins that grow by a fixed factor, so that histograms of different hours and
// processes can be merged. The zero value is empty.
type Histogram struct {
	Bins map[int]uint64 `json:"b,omitempty"`
	Sum  int64          `json:"s,omitempty"` // of the values, in millionths
}

// zeroBin holds values that are too small to distinguish from 0.
const zeroBin = math.MinInt32

func binOf(v float64) int {
	if !(v >= lowest) {
		return zeroBin
	}
	return int(math.Ceil(math.Log(min(v, highest)) / logGrowth))
}

func valueOf(bin int) float64 {
	if bin == zeroBin {
		return 0
	}
	return 2 * math.Pow(growth, float64(bin)) / (growth + 1)
}

// Add counts a value.
func (h *Histogram) Add(v float64) {
	if h.Bins == nil {
		h.Bins = map[int]uint64{}
	}
	h.Bins[binOf(v)]++
	h.Sum += int64(min(max(v, 0), highest) * micro)
}

func (h Histogram) clone() Histogram { return Histogram{maps.Clone(h.Bins), h.Sum} }

// Merge adds the counts of another histogram.
func (h *Histogram) Merge(o Histogram) {
	if h.Bins == nil && len(o.Bins) > 0 {
		h.Bins = make(map[int]uint64, len(o.Bins))
	}
	for bin, n := range o.Bins {
		h.Bins[bin] += n
	}
	h.Sum += o.Sum
}

// Quantiles summarizes measured values. Each quantile is a nearest-rank value.
type Quantiles struct {
	Count uint64  `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
}

// Quantiles returns nil if nothing was counted.
func (h *Histogram) Quantiles() *Quantiles {
	q := &Quantiles{}
	bins := make([]int, 0, len(h.Bins))
	for bin, n := range h.Bins {
		bins = append(bins, bin)
		q.Count += n
	}
	if q.Count == 0 {
		return nil
	}
	slices.Sort(bins)
	rank := func(share float64) float64 {
		left := uint64(math.Ceil(share * float64(q.Count)))
		for _, bin := range bins {
			if n := h.Bins[bin]; n < left {
				left -= n
				continue
			}
			return valueOf(bin)
		}
		return valueOf(bins[len(bins)-1])
	}
	q.Mean, q.P50, q.P95, q.P99 = float64(h.Sum)/micro/float64(q.Count), rank(.5), rank(.95), rank(.99)
	return q
}
