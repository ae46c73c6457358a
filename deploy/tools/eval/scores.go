package eval

import (
	"math"
	"slices"

	"github.com/selene-liveness/selene/schemas"
)

// Score is a quality score on good images: how many fail its default threshold, and the threshold that hardly any of them fails.
type Score struct {
	Setting   string   `json:"setting"`
	Default   float64  `json:"default"`
	AtDefault Share    `json:"at_default"` // good images of the half test under the default
	Chosen    Number   `json:"chosen"`     // the highest that at most 1 % of the good images of the half tune are under
	AtChosen  Share    `json:"at_chosen"`  // good images of the half test under it
	Tune      int      `json:"tune"`       // good images of the half tune
	Bad       []Number `json:"bad"`        // scores of the images that are labelled bad
}

const goodTarget = 0.01

func scores(samples []*sample) []Score {
	t := schemas.DefaultSettings().Thresholds
	list := []struct {
		setting string
		limit   float64
		of      func(*schemas.ImageQuality) float64
		bad     group
	}{
		{"thresholds.blur", t.Blur, (*schemas.ImageQuality).GetBlur, ofKind("blur")},
		{"thresholds.light", t.Light, (*schemas.ImageQuality).GetLight, nothing},
		{"thresholds.dark", t.Dark, (*schemas.ImageQuality).GetDarkness, nothing},
		{"thresholds.illumination", t.Illumination, (*schemas.ImageQuality).GetIllumination, nothing},
		{"thresholds.specularity", t.Specularity, (*schemas.ImageQuality).GetSpecularity, nothing},
	}
	var out []Score
	for _, q := range list {
		s := Score{Setting: q.setting, Default: q.limit, Bad: []Number{}}
		var tune, test []float64
		for _, x := range samples {
			if x.seen.GetImageQuality() == nil {
				continue
			}
			value := q.of(x.seen.GetImageQuality())
			switch {
			case q.bad.has(x):
				s.Bad = append(s.Bad, Number(value))
			case portrait.has(x) && x.label.half == Tune:
				tune = append(tune, value)
			case portrait.has(x):
				test = append(test, value)
			}
		}
		if len(tune)+len(test) == 0 {
			continue
		}
		chosen := lowerThreshold(tune, goodTarget)
		s.Tune, s.Chosen = len(tune), Number(chosen)
		s.AtDefault = under(test, q.limit)
		if !math.IsNaN(chosen) {
			s.AtChosen = under(test, chosen)
		}
		files := countFiles(samples, func(x *sample) bool { return portrait.has(x) && x.label.half == Test })
		s.AtDefault.Files, s.AtChosen.Files = files, files
		out = append(out, s)
	}
	return out
}

// lowerThreshold returns the highest threshold, to three decimals, under which at most the given share of the scores lies; NaN
// without scores.
func lowerThreshold(scores []float64, share float64) float64 {
	if len(scores) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(scores))
	return math.Floor(sorted[int(share*float64(len(sorted)))]*1000) / 1000
}

func under(values []float64, threshold float64) (s Share) {
	for _, v := range values {
		s.add(v < threshold)
	}
	return s
}
