package virtualcamera

import (
	"encoding/json"
	"strings"

	"github.com/selene-liveness/selene/schemas"
)

// signal is evidence against a camera.
type signal int

const (
	cameraLabel signal = iota
	capabilities
	repeatedFrames
	frozenPicture
	repeatedMotion
	earlierSession
	timing
	noNoise
	earlierPictures
)

// table lists for each signal its name in a verdict, the share of the score that it removes, 0..1, and whether it is certain: no
// person in front of a camera raises it.
var table = [...]struct {
	name    string
	weight  float64
	certain bool
}{
	cameraLabel:    {"camera_label", 0.9, true},
	capabilities:   {"capabilities", 0.4, false},
	repeatedFrames: {"repeated_frames", 0.8, true},
	frozenPicture:  {"frozen_picture", 0.8, true},
	repeatedMotion: {"repeated_motion", 0.4, false},
	earlierSession: {"earlier_session", 0.7, true},
	timing:         {"timing", 0.15, false},
	noNoise:        {"no_noise", 0.25, false},

	earlierPictures: {"earlier_pictures", 0.4, false},
}

// limit is the score below which a session is judged not to come from a camera. Uncertain signals do not reach it, however many.
const limit = schemas.VirtualCameraLimit

// judgement returns the score, 1 when no signal is raised, and the names of the raised signals.
func judgement(raised uint16) *schemas.VirtualCamera {
	out := &schemas.VirtualCamera{Score: 1}
	certain := false
	for s, t := range table {
		if raised&(1<<s) != 0 {
			out.Score *= 1 - t.weight
			out.Signals = append(out.Signals, t.name)
			certain = certain || t.certain
		}
	}
	if !certain {
		out.Score = max(out.Score, limit)
	}
	return out
}

// isDenied reports whether a camera's label contains one of the parts, in upper or lower case.
func isDenied(label string, denylist []string) bool {
	label = strings.ToLower(label)
	for _, part := range denylist {
		if part != "" && strings.Contains(label, strings.ToLower(part)) {
			return true
		}
	}
	return false
}

// span is a range of MediaTrackCapabilities, of which only the end matters here.
type span struct {
	Max *float64 `json:"max"`
}

// contradicts reports whether the camera that the client describes (MediaTrackCapabilities of the W3C's Media Capture and
// Streams, as JSON) is impossible, or cannot have taken frames of width x height pixels at rate frames per second (0 if
// unknown). An empty text contradicts nothing.
func contradicts(text string, width, height int, rate float64) bool {
	if text == "" {
		return false
	}
	var c struct {
		Width     span `json:"width"`
		Height    span `json:"height"`
		FrameRate span `json:"frameRate"`
	}
	if json.Unmarshal([]byte(text), &c) != nil {
		return true
	}
	for _, s := range []span{c.Width, c.Height, c.FrameRate} {
		if s.Max != nil && *s.Max <= 0 {
			return true
		}
	}
	if c.Width.Max != nil && c.Height.Max != nil { // a turned phone swaps them
		long, short := max(*c.Width.Max, *c.Height.Max), min(*c.Width.Max, *c.Height.Max)
		if float64(max(width, height)) > long || float64(min(width, height)) > short {
			return true
		}
	}
	return c.FrameRate.Max != nil && rate > 1.5**c.FrameRate.Max
}
