package eval

import (
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 || math.IsNaN(got) != math.IsNaN(want) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func TestAUC(t *testing.T) {
	for _, c := range []struct {
		name               string
		positive, negative []float64
		want               float64
	}{
		{"apart", []float64{3, 4}, []float64{1, 2}, 1},
		{"the wrong way round", []float64{1, 2}, []float64{3, 4}, 0},
		{"all equal", []float64{1, 1}, []float64{1, 1, 1}, 0.5},
		// 3 beats 1 and 2, 2 beats 1 and ties with 2, 0.5 beats none: (2 + 1.5 + 0) / 6.
		{"ties", []float64{3, 2, 0.5}, []float64{1, 2}, 3.5 / 6},
		{"negative scores and zero", []float64{0, -1}, []float64{-0.5}, 0.5},
		{"nothing", nil, []float64{1}, math.NaN()},
	} {
		near(t, c.name, AUC(c.positive, c.negative), c.want)
	}
}

// AUC is also the area under the curve that ROC draws.
func TestROCHasTheAreaOfAUC(t *testing.T) {
	positive, negative := []float64{.9, .8, .8, .4, .3}, []float64{.8, .5, .3, .3, .2, .1}
	var area float64
	curve := ROC(positive, negative)
	for i := 1; i < len(curve); i++ {
		area += (curve[i].FPR - curve[i-1].FPR) * (curve[i].TPR + curve[i-1].TPR) / 2
	}
	near(t, "area", area, AUC(positive, negative))
	if last := curve[len(curve)-1]; last.FPR != 1 || last.TPR != 1 || curve[0].FPR != 0 || curve[0].TPR != 0 {
		t.Errorf("the curve runs from %v to %v, want (0, 0) to (1, 1)", curve[0], last)
	}
}

func TestEER(t *testing.T) {
	for _, c := range []struct {
		name               string
		positive, negative []float64
		want               float64
	}{
		{"apart", []float64{3, 4}, []float64{1, 2}, 0},
		{"the wrong way round", []float64{1, 2}, []float64{3, 4}, 1},
		// From 0.6 on 1 of 4 negatives pass and 1 of 4 positives fail.
		{"met by a score", []float64{.9, .8, .6, .2}, []float64{.7, .5, .4, .1}, 0.25},
		// Misses against false alarms: (1/2, 0) at 5, then (0, 2/3) at 4: the line meets the diagonal at 2/7.
		{"between scores", []float64{5, 4}, []float64{4, 4, 1}, 2.0 / 7},
		{"nothing", []float64{1}, nil, math.NaN()},
	} {
		near(t, c.name, ROC(c.positive, c.negative).EER(), c.want)
	}
}

func TestAt(t *testing.T) {
	positive, negative := []float64{9, 8, 6, 3}, []float64{7, 5, 4, 2, 1, 1, 1, 1, 1, 1}
	curve := ROC(positive, negative)
	for _, c := range []struct{ fpr, threshold, wantFPR, wantTPR float64 }{
		{0.05, 7.5, 0, 0.5},   // between 8 and 7
		{0.1, 5.5, 0.1, 0.75}, // between 6 and 5
		{0.25, 5.5, 0.1, 0.75},
		{0.3, 2.5, 0.3, 1},
		{1, 2.5, 0.3, 1}, // more false positives would win nothing
	} {
		p, ok := curve.At(c.fpr)
		if !ok {
			t.Fatal("no point")
		}
		near(t, "threshold", p.Threshold, c.threshold)
		near(t, "FPR", p.FPR, c.wantFPR)
		near(t, "TPR", p.TPR, c.wantTPR)
		// The threshold must have the rates that are claimed for it.
		near(t, "FPR counted", reaching(negative, p.Threshold).Rate(), c.wantFPR)
		near(t, "TPR counted", reaching(positive, p.Threshold).Rate(), c.wantTPR)
	}
	p, _ := ROC([]float64{1}, []float64{2, 1}).At(0.1) // nothing can be accepted
	if n := reaching([]float64{2}, p.Threshold).Count; n != 0 || p.TPR != 0 {
		t.Errorf("threshold %v accepts the highest score", p.Threshold)
	}
	if _, ok := ROC(nil, nil).At(0.1); ok {
		t.Error("got a working point without scores")
	}
}

func TestFewestErrors(t *testing.T) {
	for name, curve := range map[string]Curve{
		"apart": ROC([]float64{.9, .8}, []float64{.2, .1}),
		"one attack that cannot be distinguished": ROC([]float64{.9, .8, .7}, []float64{.95, .3, .1}),
	} {
		p, ok := curve.leastErrors()
		if !ok {
			t.Fatal("no point")
		}
		near(t, name, p.Threshold, .5)
		near(t, name, p.Margin, curve[len(curve)-3].Threshold-.5)
	}
	if _, ok := ROC(nil, nil).leastErrors(); ok {
		t.Error("a threshold without scores")
	}
}

func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{
		{0, 10, 0, 0.27753}, {10, 10, 0.72247, 1}, {5, 10, 0.23659, 0.76341}, {1, 100, 0.0017674, 0.0544862}, {0, 0, 0, 1},
	} {
		low, high := Wilson(c.k, c.n)
		if math.Abs(low-c.low) > 1e-5 || math.Abs(high-c.high) > 1e-5 {
			t.Errorf("Wilson(%d, %d) = %.6f..%.6f, want %.6f..%.6f", c.k, c.n, low, high, c.low, c.high)
		}
	}
}

func TestRuleOfThree(t *testing.T) {
	for n, want := range map[int]float64{0: 1, 1: 1, 3: 1, 30: 0.1, 300: 0.01} {
		near(t, "bound", RuleOfThree(n), want)
	}
	// Frames of two clips are two trials.
	if bound, none := (Share{Of: 60, Files: 2}).Bound(); !none || bound != 1 {
		t.Errorf("bound of 60 frames of 2 files = %v, %v", bound, none)
	}
	if _, none := (Share{Count: 1, Of: 60}).Bound(); none {
		t.Error("a rate with an error has the bound of one without")
	}
}

func TestLowerThreshold(t *testing.T) {
	scores := []float64{.5, .1, .9, .3, .7, .8, .6, .4, .2, 1}
	for share, want := range map[float64]float64{0: .1, 0.09: .1, 0.1: .2, 0.25: .3} {
		got := lowerThreshold(scores, share)
		near(t, "threshold", got, want)
		if rate := under(scores, got).Rate(); rate > share {
			t.Errorf("at %v %v fail, allowed are %v", got, rate, share)
		}
	}
}
