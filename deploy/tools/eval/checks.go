package eval

import (
	"slices"
	"strings"

	"github.com/selene-liveness/selene/schemas"
)

// Check compares one check of the detector with the labels: how many good images fail it, and how many bad ones it catches.
// Every check runs on every image with a face, even after another one failed.
type Check struct {
	Codes  []int32 `json:"codes"` // checks of one property: any of them counts
	Name   string  `json:"name"`
	Good   string  `json:"good"`   // which images are good
	False  Share   `json:"false"`  // good ones that fail it
	Bad    string  `json:"bad"`    // which images are bad, "" when no label says so
	Caught Share   `json:"caught"` // bad ones that fail it
}

// rule names the labels that are good and bad for a check. All others are ignored.
type rule struct {
	name      string
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

// goodGroups explains the names of the groups of good images.
var goodGroups = map[string]string{
	"frontal":  "stills and clips that look into the camera all the time",
	"camera":   "frontal, and stills of the kinds real and open_eyes",
	"portrait": "camera, and stills of the kind match",
	"calm":     "camera, without files that have a value in the column expression",
	"no shade": "camera, and everything labelled with eyeglasses or without any",
}

var (
	nothing = group{"", func(*sample) bool { return false }}
	frontal = group{"frontal", func(s *sample) bool { return s.label.straight() && !s.extra }}
	camera  = group{"camera", func(s *sample) bool {
		return !s.extra && (s.label.straight() || s.label.is("real", "open_eyes"))
	}}
	portrait = group{"portrait", func(s *sample) bool { return camera.has(s) || s.label.is("match") }}
	calm     = group{"calm", func(s *sample) bool {
		return camera.has(s) && s.label.Expression == ""
	}}
	noShade = group{"no shade", func(s *sample) bool {
		return camera.has(s) || !s.extra && slices.Contains([]string{eyeglasses, noGlasses}, s.label.glasses())
	}}
)

func rules() []rule {
	one := func(code int32, good, bad group) rule { return rule{schemas.CodeName(code), []int32{code}, good, bad} }
	return []rule{
		one(schemas.CodeNoFace, portrait, ofKind("nonface")),
		one(schemas.CodeManyFaces, camera, ofKind("multi", "mask")),
		one(schemas.CodeBlurred, portrait, ofKind("blur")),
		one(schemas.CodeTooLight, portrait, nothing),
		one(schemas.CodeTooDark, portrait, nothing),
		one(schemas.CodeUnevenLight, portrait, nothing),
		one(schemas.CodeGlare, portrait, nothing),
		{"FRAME_*_SMALL", []int32{schemas.CodeFrameNarrow, schemas.CodeFrameLow}, camera, nothing},
		{"FACE_*_SMALL", []int32{schemas.CodeFaceNarrow, schemas.CodeFaceLow}, camera, ofKind("video_smallface")},
		{
			"MARGIN_*",
			[]int32{schemas.CodeMarginTop, schemas.CodeMarginRight, schemas.CodeMarginBottom, schemas.CodeMarginLeft},
			camera,
			ofKind("partial"),
		},
		one(schemas.CodeFaceTooClose, camera, nothing),
		one(schemas.CodeOutOfROI, camera, nothing),
		{"YAW_NEED_*", yawCodes, frontal, ofKind("profile")},
		{"ROLL_*", rollCodes, frontal, ofKind("tilt")},
		{"PITCH_NEED_*", []int32{schemas.CodePitchNeedUp, schemas.CodePitchNeedDown}, frontal, nothing},
		one(schemas.CodeEyesUnknown, eyesAre(schemas.EyeOpen), ofKind("sunglasses")),
		one(schemas.CodeEyesClosed, eyesAre(schemas.EyeOpen), eyesAre(schemas.EyeClosed)),
		one(schemas.CodeMouthOpen, calm, nothing),
		one(schemas.CodeMouthOccluded, camera, ofKind("mask")),
		one(schemas.CodeSmile, calm, nothing),
		one(schemas.CodeGlasses, noShade, nothing),
		one(schemas.CodeSunglasses, noShade, ofKind("sunglasses")),
		one(schemas.CodeAGSLow, portrait, nothing),
	}
}

func checkTable(samples []*sample) []Check {
	var out []Check
	for _, r := range rules() {
		c := Check{Codes: r.codes, Name: r.name, Good: r.good.name, Bad: r.bad.name}
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
