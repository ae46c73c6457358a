package virtualcamera

import (
	"encoding/json"
	"strings"

	"github.com/selene-liveness/selene/schemas"
)

// signal is something that speaks against a camera.
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
)

// table says what each signal is called in a verdict, and how much of the score it takes, 0..1.
var table = [...]struct {
	name   string
	weight float64
}{
	cameraLabel:    {"camera_label", 0.9},
	capabilities:   {"capabilities", 0.4},
	repeatedFrames: {"repeated_frames", 0.8},
	frozenPicture:  {"frozen_picture", 0.8},
	repeatedMotion: {"repeated_motion", 0.6},
	earlierSession: {"earlier_session", 0.7},
	timing:         {"timing", 0.15},
	noNoise:        {"no_noise", 0.25},
}

// limit is the score under which a session does not come from a camera. Timing and noise cannot get there alone.
const limit = 0.5

// judgement is the score, 1 when nothing speaks against a camera, and what does.
func judgement(raised uint16) *schemas.VirtualCamera {
	out := &schemas.VirtualCamera{Score: 1}
	for s, t := range table {
		if raised&(1<<s) != 0 {
			out.Score *= 1 - t.weight
			out.Signals = append(out.Signals, t.name)
		}
	}
	return out
}

// isDenied says whether a camera's label has one of the parts, in any case.
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

// contradicts says whether what the client says of its camera (MediaTrackCapabilities of the W3C's Media Capture and
// Streams, as JSON) is not so or cannot be: width x height are the frame's, rate its frames a second, 0 if not known.
// Saying nothing contradicts nothing.
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
