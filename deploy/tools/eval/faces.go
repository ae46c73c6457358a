package eval

import (
	"maps"
	"math"
	"slices"

	"github.com/selene-liveness/selene/schemas"
)

// Detection measures how well faces are found.
type Detection struct {
	Found  Share    `json:"found"`            // stills with a labelled face in which at least one was found
	Missed []string `json:"missed,omitempty"` // the others
	Counts Share    `json:"counts"`           // stills with a labelled number of faces, in which that many were found
	Groups []Group  `json:"groups,omitempty"` // pictures of several people
	Extra  Share    `json:"extra"`            // portraits of one person in which more faces were found; there may be some in the background
	False  Share    `json:"false"`            // images without a face in which one was found
	Art    Share    `json:"art"`              // paintings and the like in which a face was found, as it may be
	Frames Share    `json:"frames"`           // frames of clips of one person with a face found
}

// Group is a picture of several people.
type Group struct {
	File  string `json:"file"`
	Shows string `json:"shows"`
	Found int    `json:"found"`
}

func detection(samples []*sample) *Detection {
	d := &Detection{}
	for _, s := range samples {
		l, found := s.label, s.faces()
		want := l.faces()
		switch {
		case s.extra || l.Kind == "":
			continue
		case l.is("nonface"):
			d.False.add(found > 0)
		case l.is("painting"):
			d.Art.add(found > 0)
		case l.clip() && !l.is("video_mixed"):
			d.Frames.add(found > 0)
		}
		if want.Least == 0 {
			continue
		}
		d.Found.add(found > 0)
		if found == 0 {
			d.Missed = append(d.Missed, l.File)
		}
		if want.Most == want.Least {
			d.Counts.add(found == want.Least)
		}
		if want.Least > 1 {
			d.Groups = append(d.Groups, Group{l.File, l.Shows, found})
		} else {
			d.Extra.add(found > 1)
		}
	}
	d.Frames.Files = countFiles(samples, func(s *sample) bool {
		return s.label.clip() && !s.label.is("video_mixed")
	})
	return d
}

func countFiles(samples []*sample, of func(*sample) bool) int {
	files := map[string]bool{}
	for _, s := range samples {
		if of(s) {
			files[s.label.File] = true
		}
	}
	return len(files)
}

// Pose measures the accuracy of the head pose.
type Pose struct {
	Profiles Share  `json:"profiles"` // profiles that fail the check of the yaw
	Sides    Share  `json:"sides"`    // pairs of profiles of two sides that are distinguished
	Tilted   Share  `json:"tilted"`   // tilted heads that fail the check of the roll
	Straight Share  `json:"straight"` // frontal faces that pass all checks of the pose, frames of frontal clips included
	Heads    []Head `json:"heads,omitempty"`
}

// Head is one labelled still. The angles are null where none could be measured.
type Head struct {
	File  string  `json:"file"`
	Kind  string  `json:"kind"`
	Yaw   Number  `json:"yaw"`
	Pitch Number  `json:"pitch"`
	Roll  Number  `json:"roll"`
	Codes []int32 `json:"codes"` // of the checks of the pose that failed
}

var (
	yawCodes  = []int32{schemas.CodeYawNeedRight, schemas.CodeYawNeedLeft}
	rollCodes = []int32{schemas.CodeRollRight, schemas.CodeRollLeft}
	poseCodes = slices.Concat(yawCodes, rollCodes, []int32{schemas.CodePitchNeedUp, schemas.CodePitchNeedDown})
)

func pose(samples []*sample) *Pose {
	p := &Pose{}
	sides := map[string][]*sample{}
	for _, s := range samples {
		if s.extra || s.faces() == 0 {
			continue
		}
		switch {
		case s.label.is("profile"):
			p.Profiles.add(s.fails(yawCodes...))
			if side := s.label.Pose; side != "" {
				sides[side] = append(sides[side], s)
			}
		case s.label.is("tilt"):
			p.Tilted.add(s.fails(rollCodes...))
		case s.label.straight():
			p.Straight.add(!s.fails(poseCodes...))
		}
		if s.label.is("profile", "tilt", "frontal") {
			p.Heads = append(p.Heads, head(s))
		}
	}
	p.Sides = sidesApart(sides)
	p.Straight.Files = countFiles(samples, func(s *sample) bool { return s.label.straight() })
	return p
}

// sidesApart counts the pairs of profiles of two sides that are distinguished.
func sidesApart(sides map[string][]*sample) (apart Share) {
	left, right := yawCodes[:1], yawCodes[1:]
	names := slices.Sorted(maps.Keys(sides))
	for i, side := range names {
		for _, other := range names[i+1:] {
			for _, a := range sides[side] {
				for _, b := range sides[other] {
					apart.add(a.fails(left...) && b.fails(right...) || a.fails(right...) && b.fails(left...))
				}
			}
		}
	}
	return apart
}

func head(s *sample) Head {
	h := Head{
		File:  s.label.File,
		Kind:  s.label.Kind,
		Yaw:   Number(math.NaN()),
		Pitch: Number(math.NaN()),
		Roll:  Number(math.NaN()),
		Codes: []int32{},
	}
	if m := s.seen.GetHeadPose(); m != nil {
		h.Yaw, h.Pitch, h.Roll = Number(m.Yaw), Number(m.Pitch), Number(m.Roll)
	}
	for _, c := range s.codes {
		if slices.Contains(poseCodes, c) {
			h.Codes = append(h.Codes, c)
		}
	}
	return h
}

// Eyes measures how well open and closed eyes are distinguished.
type Eyes struct {
	Right    Share  `json:"right"`    // images with a labelled state that was recognised
	Open     Share  `json:"open"`     // labelled open, and recognised as open
	Closed   Share  `json:"closed"`   // labelled closed, and recognised as closed
	Unknown  int    `json:"unknown"`  // labelled, but no state was measured: counted as wrong
	AUC      Number `json:"auc"`      // of the mean aspect ratio
	Straight Share  `json:"straight"` // frames of frontal clips recognised as open; people blink, so this is not an error rate
}

func eyes(samples []*sample) *Eyes {
	e := &Eyes{}
	var open, closed []float64
	for _, s := range samples {
		if s.faces() == 0 {
			continue
		}
		measured := s.seen.GetEyes()
		if s.label.straight() && !s.extra && measured != nil {
			e.Straight.add(measured.State == schemas.EyeOpen)
		}
		want := s.label.eyes(s.at)
		if want == "" {
			continue
		}
		right := measured.GetState() == want
		e.Right.add(right)
		ratio := (measured.GetLeftAspectRatio() + measured.GetRightAspectRatio()) / 2
		if want == schemas.EyeOpen {
			e.Open.add(right)
		} else {
			e.Closed.add(right)
		}
		switch {
		case measured == nil:
			e.Unknown++
		case want == schemas.EyeOpen:
			open = append(open, ratio)
		default:
			closed = append(closed, ratio)
		}
	}
	e.AUC = Number(AUC(open, closed))
	labelled := func(want string) int {
		return countFiles(samples, func(s *sample) bool {
			has := s.label.eyes(s.at)
			return has != "" && (want == "" || has == want)
		})
	}
	e.Right.Files, e.Open.Files, e.Closed.Files = labelled(""), labelled(schemas.EyeOpen), labelled(schemas.EyeClosed)
	e.Straight.Files = countFiles(samples, func(s *sample) bool { return s.label.straight() })
	return e
}

// Glasses measures how well glasses are recognised.
type Glasses struct {
	Told  int              `json:"told"`  // labelled images for which the pack gives an answer
	Right map[string]Share `json:"right"` // by label: recognised as labelled
}

func glasses(samples []*sample) *Glasses {
	g := &Glasses{Right: map[string]Share{}}
	for _, s := range samples {
		want := s.label.glasses()
		if s.extra || want == "" || s.faces() == 0 {
			continue
		}
		if s.seen.GetEyeglasses() != "" {
			g.Told++
		}
		share := g.Right[want]
		share.add(s.seen.GetEyeglasses() == want)
		g.Right[want] = share
	}
	for kind, share := range g.Right {
		share.Files = countFiles(samples, func(s *sample) bool { return s.label.glasses() == kind })
		g.Right[kind] = share
	}
	return g
}
