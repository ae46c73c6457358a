package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Matching measures how well pairs of pictures of one person are distinguished from pairs of two people. Scores are cosines.
type Matching struct {
	Sets        []PairSet `json:"sets"`
	Undescribed []string  `json:"undescribed,omitempty"` // files without a face: their pairs are left out
	Pack        Number    `json:"pack"`                  // match_cosine of the pack
	Chosen      *Choice   `json:"chosen,omitempty"`
}

// PairSet is a set of pairs with its error rates.
type PairSet struct {
	Name      string `json:"name"`
	Same      int    `json:"same"`
	Different int    `json:"different"`
	People    int    `json:"people"`
	AUC       Number `json:"auc"`
	EER       Number `json:"eer"`
	TPR10     Number `json:"tpr_at_fpr_0.1"`
	TPR1      Number `json:"tpr_at_fpr_0.01"`
	AtPack    Rates  `json:"at_pack"`   // at the pack's match_cosine
	AtChosen  *Rates `json:"at_chosen"` // at the chosen threshold

	// Hardest lists the least alike pairs of one person and the most alike pairs of two people, where labels may be wrong.
	Hardest []ScoredPair `json:"hardest"`

	same, different []float64
	scored          []ScoredPair
}

// ScoredPair is a pair with its cosine.
type ScoredPair struct {
	A      string `json:"a"`
	B      string `json:"b"`
	Same   bool   `json:"same"`
	Cosine Number `json:"cosine"`
}

const hardest = 3 // of each sort

// Rates are the rates at one threshold.
type Rates struct {
	FPR Share `json:"fpr"`
	TPR Share `json:"tpr"`
}

// Choice is a threshold that was chosen on the half tune, and why.
type Choice struct {
	Setting string `json:"setting"`
	Value   Number `json:"value"`
	Margin  Number `json:"margin"` // by which it could move either way and change nothing on tune
	Why     string `json:"why"`
}

type namedCurve struct {
	name  string
	curve Curve
}

// matching compares the pairs of pairs.csv and, for thresholds, every pair of images with known identities: a rate of one in a
// hundred cannot be measured with fewer than a few hundred pairs.
func matching(d *Dataset, samples []*sample, split Split, nets *networks, fpr float64) (*Matching, []namedCurve) {
	m := &Matching{Pack: Number(nets.match)}
	vectors := map[string]*sample{}
	var known []*sample
	for _, s := range samples {
		switch {
		case s.at != 0:
		case s.descriptor != nil:
			vectors[s.label.File] = s
			if s.label.Identity != "" {
				known = append(known, s)
			}
		case s.label.Identity != "":
			m.Undescribed = append(m.Undescribed, s.label.File)
		}
	}
	if len(vectors) == 0 {
		return nil, nil
	}
	tune := everyPair(known, Tune)
	at := math.NaN()
	if point, ok := ROC(tune.same, tune.different).At(fpr); ok {
		at = math.Round(point.Threshold*1000) / 1000
		m.Chosen = &Choice{
			"match_cosine",
			Number(at),
			Number(point.Margin),
			fmt.Sprintf(
				"the most matches with at most %s of the %d pairs of different people in the half tune, and of these the fewest false ones",
				percent(fpr),
				len(tune.different),
			),
		}
	}
	switch split {
	case All:
		m.Sets = []PairSet{listed(d.Pairs, vectors), everyPair(known, All), tune, everyPair(known, Test)}
	case Tune:
		m.Sets = []PairSet{tune}
	case Test:
		m.Sets = []PairSet{everyPair(known, Test)}
	}
	var curves []namedCurve
	for i := range m.Sets {
		s := &m.Sets[i]
		curve := s.figures(nets.match, at)
		if curve != nil {
			curves = append(curves, namedCurve{fmt.Sprintf("%s  AUC %.4f", s.Name, float64(s.AUC)), curve})
		}
	}
	return m, curves
}

func listed(pairs []Pair, vectors map[string]*sample) PairSet {
	set := PairSet{Name: pairsFile}
	people := map[string]bool{}
	for _, p := range pairs {
		a, b := vectors[p.A], vectors[p.B]
		if a == nil || b == nil {
			continue
		}
		people[a.label.Identity], people[b.label.Identity] = true, true
		set.add(p.Same, a, b)
	}
	delete(people, "")
	set.People = len(people)
	return set
}

// everyPair pairs every image with every other of the same half.
func everyPair(known []*sample, half Split) PairSet {
	set := PairSet{Name: "every pair, " + string(half)}
	people := map[string]bool{}
	for i, a := range known {
		if !half.has(a.label.half) {
			continue
		}
		people[a.label.Identity] = true
		for _, b := range known[:i] {
			if half.has(b.label.half) {
				set.add(a.label.Identity == b.label.Identity, a, b)
			}
		}
	}
	set.People = len(people)
	return set
}

func (s *PairSet) add(same bool, a, b *sample) {
	x := cosine(a.descriptor, b.descriptor)
	if same {
		s.same = append(s.same, x)
	} else {
		s.different = append(s.different, x)
	}
	s.scored = append(s.scored, ScoredPair{a.label.File, b.label.File, same, Number(x)})
}

// findHardest keeps the pairs with the lowest scores of one person and the highest of two.
func (s *PairSet) findHardest() {
	for _, same := range []bool{true, false} {
		list := slices.DeleteFunc(slices.Clone(s.scored), func(p ScoredPair) bool { return p.Same != same })
		slices.SortStableFunc(list, func(a, b ScoredPair) int {
			if same {
				return cmp.Compare(a.Cosine, b.Cosine)
			}
			return cmp.Compare(b.Cosine, a.Cosine)
		})
		s.Hardest = append(s.Hardest, list[:min(hardest, len(list))]...)
	}
}

func (s *PairSet) figures(pack, chosen float64) Curve {
	s.findHardest()
	curve := ROC(s.same, s.different)
	s.Same, s.Different = len(s.same), len(s.different)
	s.AUC, s.EER = Number(AUC(s.same, s.different)), Number(curve.EER())
	s.TPR10, s.TPR1 = Number(math.NaN()), Number(math.NaN())
	if p, ok := curve.At(0.1); ok {
		s.TPR10 = Number(p.TPR)
	}
	if p, ok := curve.At(0.01); ok {
		s.TPR1 = Number(p.TPR)
	}
	s.AtPack = s.rates(pack)
	if !math.IsNaN(chosen) {
		r := s.rates(chosen)
		s.AtChosen = &r
	}
	return curve
}

func (s *PairSet) rates(threshold float64) Rates {
	return Rates{FPR: reaching(s.different, threshold), TPR: reaching(s.same, threshold)}
}

// reaching counts the scores that are at least the threshold.
func reaching(scores []float64, threshold float64) (out Share) {
	for _, x := range scores {
		out.add(x >= threshold)
	}
	return out
}

// cosine returns the cosine of two vectors of length 1.
func cosine(a, b []float32) float64 {
	var sum float64
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
