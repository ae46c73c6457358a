package eval

import (
	"slices"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// kinds lists the kinds of files that the report supports. Those of attacks begin with fake_ or video_fake_, followed by the
// instrument: fake_print, video_fake_replay.
var kinds = []string{
	"match",
	"multi",
	"real",
	"video_real",
	"video_mixed",
	"video_smallface",
	"sunglasses",
	"glasses",
	"noglasses",
	"mask",
	"partial",
	"nonface",
	"painting",
	"frontal",
	"blur",
	"tilt",
	"profile",
	"closed_eyes",
	"open_eyes",
}

// What the column glasses may say.
const (
	noGlasses  = "no_glasses"
	eyeglasses = "eyeglasses"
	sunglasses = "sunglasses"
)

const frontalPose = "frontal"

// Kinds lists the kinds that the report supports.
func Kinds() []string { return append(slices.Clone(kinds), "fake_…", "video_fake_…") }

func knownKind(kind string) bool {
	instrument, attack := strings.CutPrefix(strings.TrimPrefix(kind, "video_"), "fake_")
	return slices.Contains(kinds, kind) || attack && instrument != ""
}

// is reports whether the kind is one of these.
func (l Label) is(kinds ...string) bool { return slices.Contains(kinds, l.Kind) }

// clip reports whether the file is a video of a known kind.
func (l Label) clip() bool { return strings.HasPrefix(l.Kind, "video_") && knownKind(l.Kind) }

// bonaFide reports whether the file is a presentation by a living person to a camera.
func (l Label) bonaFide() bool { return l.is("real", "video_real") }

// portrait reports whether the file is a photograph of a living person that was not made for this purpose: a second, weaker
// source of false alarms.
func (l Label) portrait() bool {
	return l.is("match", "frontal", "open_eyes", "closed_eyes", "glasses", "noglasses", "sunglasses")
}

// species returns the kind of presentation attack instrument (ISO/IEC 30107-3), "" for a file that is not an attack.
func (l Label) species() string {
	name, attack := strings.CutPrefix(strings.TrimPrefix(l.Kind, "video_"), "fake_")
	switch {
	case !attack:
		return ""
	case l.Instrument != "":
		return l.Instrument
	}
	return name
}

// faces returns how many faces the label promises: zero where it does not say.
func (l Label) faces() Count {
	switch {
	case l.is("nonface", "painting") || strings.HasPrefix(l.Kind, "video_"):
		return Count{Most: -1}
	case l.Faces != Count{}:
		return l.Faces
	case !knownKind(l.Kind):
		return Count{Most: -1}
	case l.is("multi"):
		return Count{Least: 2, Most: -1}
	}
	return Count{Least: 1, Most: -1}
}

// glasses returns the label's value for glasses: no_glasses, eyeglasses, sunglasses, or "" if it has none.
func (l Label) glasses() string {
	switch {
	case l.Glasses != "":
		return l.Glasses
	case l.is("sunglasses"):
		return sunglasses
	case l.is("noglasses"):
		return noGlasses
	case l.is("glasses"):
		return eyeglasses
	}
	return ""
}

// straight reports whether the face looks into the camera all the time.
func (l Label) straight() bool {
	return l.is("frontal") && l.Pose == "" || l.is("frontal", "video_real") && l.Pose == frontalPose
}

// blinkMargin is the time that lids may move before and after the time a label gives.
const blinkMargin = 60 * time.Millisecond

// eyes returns the state of the eyes at a time of a clip: "open", "closed", or "" if the label has no value. A clip with a
// time in which the eyes are closed for the first time shows open eyes before it.
func (l Label) eyes(at time.Duration) string {
	switch {
	case l.is("closed_eyes"):
		return schemas.EyeClosed
	case l.is("open_eyes"):
		return schemas.EyeOpen
	case l.Closed == Seconds{}:
		return ""
	case at >= l.Closed.From && at <= l.Closed.To:
		return schemas.EyeClosed
	case at < l.Closed.From-blinkMargin:
		return schemas.EyeOpen
	}
	return ""
}
