package vision

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"testing"
)

func describe(tb testing.TB, m *Models, name string) []float32 {
	tb.Helper()
	img := picture(tb, name)
	v, err := m.Describe(Cut(img, largest(tb, m, img, name), m.DescriptorCrop(), nil), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestSamePersonPairs(t *testing.T) {
	f, err := os.Open(filepath.Join(faces(t), "pairs.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	eachPack(t, func(t *testing.T, m *Models) {
		vectors := map[string][]float32{}
		vector := func(name string) []float32 {
			if vectors[name] == nil {
				vectors[name] = describe(t, m, name)
			}
			return vectors[name]
		}
		var same, different []float64
		for _, r := range rows[1:] {
			s := m.Similarity(vector(r[0]), vector(r[1]))
			if r[2] == "same" {
				same = append(same, s)
			} else {
				different = append(different, s)
			}
		}
		accepted := func(list []float64) (n float64) {
			for _, s := range list {
				if s >= matchSimilarity {
					n++
				}
			}
			return n / float64(len(list))
		}
		area := auc(same, different)
		t.Logf("AUC %.4f, at the pack's match_cosine %.3f of the same and %.3f of different people pass", area, accepted(same), accepted(different))
		if area < .99 || accepted(same) < .85 || accepted(different) > .02 {
			t.Errorf("AUC %.4f, %.3f of the same and %.3f of different people pass", area, accepted(same), accepted(different))
		}
	})
}

// auc returns the share of pairs of scores in which the high one is above the low one.
func auc(high, low []float64) float64 {
	var won float64
	for _, h := range high {
		for _, l := range low {
			if h > l {
				won++
			}
		}
	}
	return won / float64(len(high)*len(low))
}

func TestDescriptorHasLengthOne(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		var sum float64
		for _, v := range describe(t, m, "match/ageitgey/obama.jpg") {
			sum += float64(v) * float64(v)
		}
		if math.Abs(sum-1) > 1e-4 {
			t.Errorf("length %f", math.Sqrt(sum))
		}
	})
}

func TestSimilarityIsScaledToTheMatch(t *testing.T) {
	m := &Models{pack: &pack{Roles: map[Role]*roleSpec{RoleDescriptor: {MatchCosine: .3}}}}
	at := func(cosine float64) []float32 {
		return []float32{float32(cosine), float32(math.Sqrt(1 - cosine*cosine))}
	}
	last := -1.0
	for _, c := range []float64{-1, -.5, 0, .299, .3, .6, 1} {
		s := m.Similarity(at(1), at(c))
		if s <= last {
			t.Errorf("not growing at %v", c)
		}
		last = s
	}
	for c, want := range map[float64]float64{-1: 0, .3: .85, 1: 1} {
		if got := m.Similarity(at(1), at(c)); math.Abs(got-want) > 1e-6 {
			t.Errorf("cosine %v is %v, want %v", c, got, want)
		}
	}
	if m.Similarity(at(1), []float32{1}) != 0 || m.Similarity(nil, nil) != 0 {
		t.Error("vectors of different lengths are similar")
	}
}
