package eval

import (
	"math"
	"slices"
	"strings"

	"github.com/selene-liveness/selene/schemas"
)

// Check is one check of the detector against the labels: how many good images fail it and how many bad ones it catches.
// Every check is tried on every image with a face, also behind one that failed.
type Check struct {
	Codes  []int32 `json:"codes"` // checks of one thing: any of them counts
	Name   string  `json:"name"`
	Good   string  `json:"good"`   // which images are good
	False  Share   `json:"false"`  // good ones that fail it
	Bad    string  `json:"bad"`    // which images are bad, "" when the labels know of none
	Caught Share   `json:"caught"` // bad ones that fail it
}

// rule says which labels are good and bad for a check. What is neither says nothing of it.
type rule struct {
	codes     []int32
	good, bad group
}

// group is a set of images with its name.
type group struct {
	name string
	has  func(*sample) bool
}

func ofKind(kinds ...string) group {
	return group{strings.Join(kinds, ", "), func(s *sample) bool { return s.label.is(kinds...) && !s.extra }}
}

func eyesAre(state string) group {
	return group{"eyes labelled " + state, func(s *sample) bool { return s.label.eyes(s.at) == state }}
}

func wear(glasses string) group {
	return group{"labelled " + glasses, func(s *sample) bool { return s.label.glasses() == glasses && !s.extra }}
}

var (
	nobody   = group{"", func(*sample) bool { return false }}
	straight = group{"frontal stills and clips", func(s *sample) bool { return s.label.straight() && !s.extra }}
	camera   = group{"frontal stills and clips, real, open_eyes", func(s *sample) bool {
		return !s.extra && (s.label.straight() || s.label.is("real", "open_eyes"))
	}}
	good = group{"the same and match", func(s *sample) bool { return camera.has(s) || s.label.is("match") }}
	bare = group{"eyeglasses, no_glasses, frontal", func(s *sample) bool {
		return camera.has(s) || !s.extra && slices.Contains([]string{"eyeglasses", "no_glasses"}, s.label.glasses())
	}}
)

func rules() []rule {
	one := func(code int32, good, bad group) rule { return rule{[]int32{code}, good, bad} }
	return []rule{
		one(schemas.CodeNoFace, good, ofKind("nonface")),
		one(schemas.CodeManyFaces, camera, ofKind("multi", "mask")),
		one(schemas.CodeBlurred, good, ofKind("blur")),
		one(schemas.CodeTooLight, good, nobody),
		one(schemas.CodeTooDark, good, nobody),
		one(schemas.CodeUnevenLight, good, nobody),
		one(schemas.CodeGlare, good, nobody),
		{[]int32{schemas.CodeFrameNarrow, schemas.CodeFrameLow}, camera, nobody},
		{[]int32{schemas.CodeFaceNarrow, schemas.CodeFaceLow}, camera, ofKind("video_smallface")},
		{[]int32{schemas.CodeMarginTop, schemas.CodeMarginRight, schemas.CodeMarginBottom, schemas.CodeMarginLeft}, camera, ofKind("partial")},
		one(schemas.CodeFaceTooClose, camera, nobody),
		one(schemas.CodeOutOfROI, camera, nobody),
		{yawCodes, straight, ofKind("profile")},
		{rollCodes, straight, ofKind("tilt")},
		{[]int32{schemas.CodePitchNeedUp, schemas.CodePitchNeedDown}, straight, nobody},
		one(schemas.CodeEyesUnknown, eyesAre(schemas.EyeOpen), ofKind("sunglasses")),
		one(schemas.CodeEyesClosed, eyesAre(schemas.EyeOpen), eyesAre(schemas.EyeClosed)),
		one(schemas.CodeMouthOpen, camera, nobody),
		one(schemas.CodeMouthOccluded, camera, ofKind("mask")),
		one(schemas.CodeSmile, camera, nobody),
		one(schemas.CodeGlasses, bare, nobody),
		one(schemas.CodeSunglasses, bare, wear("sunglasses")),
		one(schemas.CodeAGSLow, good, nobody),
	}
}

func checkTable(samples []*sample) []Check {
	var out []Check
	for _, r := range rules() {
		c := Check{Codes: r.codes, Name: checkName(r.codes), Good: r.good.name, Bad: r.bad.name}
		for _, s := range samples {
			if s.faces() == 0 && !slices.Contains(r.codes, schemas.CodeNoFace) {
				continue
			}
			switch {
			case r.bad.has(s):
				c.Caught.add(s.fails(r.codes...))
			case r.good.has(s):
				c.False.add(s.fails(r.codes...))
			}
		}
		c.Caught.Files = countFiles(samples, r.bad.has)
		c.False.Files = countFiles(samples, r.good.has)
		out = append(out, c)
	}
	return out
}

func checkName(codes []int32) string {
	var names []string
	for _, c := range codes {
		names = append(names, schemas.CodeName(c))
	}
	return strings.Join(names, " ")
}

// Score is a score of quality on images that are fine: how the threshold of its setting stands, and where one would
// stand that hardly any of them fails.
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
		{"thresholds.light", t.Light, (*schemas.ImageQuality).GetLight, nobody},
		{"thresholds.dark", t.Dark, (*schemas.ImageQuality).GetDarkness, nobody},
		{"thresholds.illumination", t.Illumination, (*schemas.ImageQuality).GetIllumination, nobody},
		{"thresholds.specularity", t.Specularity, (*schemas.ImageQuality).GetSpecularity, nobody},
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
			case good.has(x) && x.label.half() == Tune:
				tune = append(tune, value)
			case good.has(x):
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
		files := countFiles(samples, func(x *sample) bool { return good.has(x) && x.label.half() == Test })
		s.AtDefault.Files, s.AtChosen.Files = files, files
		out = append(out, s)
	}
	return out
}

func under(values []float64, threshold float64) (s Share) {
	for _, v := range values {
		s.add(v < threshold)
	}
	return s
}
