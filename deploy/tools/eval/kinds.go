package eval

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// kinds are what labels.csv may say of a file. Those of attacks begin with fake_ or video_fake_, and what follows is the
// instrument: fake_print, video_fake_replay.
var kinds = []string{
	"match", "multi", "real", "video_real", "video_mixed", "video_smallface", "sunglasses", "glasses", "noglasses", "mask", "partial", "nonface",
	"painting", "frontal", "blur", "tilt", "profile", "closed_eyes", "open_eyes",
}

// Kinds lists the kinds that labels.csv may name.
func Kinds() []string { return append(slices.Clone(kinds), "fake_…", "video_fake_…") }

func knownKind(kind string) bool {
	_, instrument, attack := strings.Cut(strings.TrimPrefix(kind, "video_"), "fake_")
	return slices.Contains(kinds, kind) || attack && instrument != ""
}

// is tells whether the kind is one of these.
func (l Label) is(kinds ...string) bool { return slices.Contains(kinds, l.Kind) }

// bonaFide are presentations by a living person to a camera, as the labels say in so many words.
func (l Label) bonaFide() bool { return l.is("real", "video_real") }

// portrait are photographs of living people that were not made for this: a second, weaker look at false alarms.
func (l Label) portrait() bool {
	return l.is("match", "frontal", "open_eyes", "closed_eyes", "glasses", "noglasses", "sunglasses")
}

// species is the kind of presentation attack instrument (ISO/IEC 30107-3), "" for what is no attack. A print that was cut
// along the outline of the face is an instrument of its own.
func (l Label) species() string {
	name, attack := strings.CutPrefix(strings.TrimPrefix(l.Kind, "video_"), "fake_")
	if !attack {
		return ""
	}
	words := strings.ToLower(path.Base(l.File) + " " + l.Shows)
	for _, w := range []string{"cutout", "cut-out", "cut along"} {
		if strings.Contains(words, w) {
			return "cut-out"
		}
	}
	return name
}

// faces is how many faces the label promises: at least, and at most or -1 where it does not say.
func (l Label) faces() (least, most int) {
	words := strings.ToLower(l.Shows)
	switch {
	case l.is("nonface", "painting", "") || strings.HasPrefix(l.Kind, "video_"):
		return 0, -1
	case l.is("multi") && strings.HasPrefix(words, "two "):
		return 2, 2
	case l.is("multi"):
		return 2, -1
	case strings.HasPrefix(words, "ten "):
		return 10, 10
	}
	return 1, -1
}

// glasses is what the label says of glasses: no_glasses, eyeglasses, sunglasses, or "" where it says nothing.
func (l Label) glasses() string {
	switch {
	case l.is("sunglasses"):
		return "sunglasses"
	case l.is("noglasses"):
		return "no_glasses"
	case l.is("glasses"):
		return "eyeglasses"
	case l.species() != "" || l.is("multi"):
		return ""
	case glassesWord.MatchString(l.Shows):
		return "eyeglasses"
	}
	return ""
}

// straight tells whether the label says that the face looks into the camera all the time.
func (l Label) straight() bool {
	words := strings.ToLower(l.Shows)
	for _, w := range []string{"turn", "profile", "lean"} {
		if strings.Contains(words, w) {
			return false
		}
	}
	return l.is("frontal") || l.is("video_real") && strings.Contains(words, "frontal")
}

var glassesWord = regexp.MustCompile(`(?i)\bglasses\b`)

var closedWords = regexp.MustCompile(`eyes closed (\d+(?:\.\d+)?)-(\d+(?:\.\d+)?) s`)

// blinkMargin is how long lids may move before and after the time a label gives.
const blinkMargin = 60 * time.Millisecond

// eyes is what the label says of the eyes at a time of a clip: "open", "closed", or "" where it says nothing. A clip
// whose first blink is labelled ("eyes closed 0.40-0.55 s") shows open eyes before it.
func (l Label) eyes(at time.Duration) string {
	switch {
	case l.is("closed_eyes"):
		return "closed"
	case l.is("open_eyes"):
		return "open"
	}
	from, to, ok := l.blink()
	switch {
	case !ok:
		return ""
	case at >= from && at <= to:
		return "closed"
	case at < from-blinkMargin:
		return "open"
	}
	return ""
}

// blink is the time a label gives for closed eyes.
func (l Label) blink() (from, to time.Duration, ok bool) {
	m := closedWords.FindStringSubmatch(l.Shows)
	if m == nil {
		return 0, 0, false
	}
	a, errA := strconv.ParseFloat(m[1], 64)
	b, errB := strconv.ParseFloat(m[2], 64)
	if errA != nil || errB != nil || a > b || b > 1e6 {
		return 0, 0, false
	}
	return time.Duration(a * float64(time.Second)), time.Duration(b * float64(time.Second)), true
}
