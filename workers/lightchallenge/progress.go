package lightchallenge

import (
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// progress is the worker's state. Times are milliseconds since the session opened.
type progress struct {
	Colours  uint32             `json:"colours"`            // shown in the session so far, in all attempts
	Shown    []shown            `json:"shown,omitempty"`    // in this attempt
	Samples  []sample           `json:"samples,omitempty"`  // of this attempt
	Failed   int                `json:"failed,omitempty"`   // attempts
	Done     bool               `json:"done,omitempty"`     // the face has responded
	Score    *float64           `json:"score,omitempty"`    // of the last complete attempt
	Measures map[string]float64 `json:"measures,omitempty"` // from which the score follows
}

// shown is a colour with the receive time of the frame whose reply told it.
type shown struct {
	At     int64 `json:"t"`
	Colour int   `json:"c"` // in the palette
}

// sample is a frame that was measured: its time, then thousandths of what look returns.
type sample [7]int64

// spacing returns the least time between two samples in milliseconds. It bounds the size of the state.
func spacing(s *schemas.LightChallengeSettings) int64 { return int64(1000 * s.HoldSeconds / 6.5) }

// follow takes a frame into account. A colour is followed by another one only with a frame that can be measured, so colours
// rest while the head is turned. It reports whether an attempt failed with this frame.
func (p *progress) follow(f *schemas.Face, pixels []byte, s *schemas.LightChallengeSettings) (failed bool) {
	if p.Done {
		return false
	}
	now := time.Duration(f.GetReceivedUnixNanos() - f.GetState().GetOpenedUnixNanos()).Milliseconds()
	if len(p.Shown) == 0 {
		p.show(f, now)
		return false
	}
	skin, shading, ok := look(f, pixels)
	if !ok {
		return false
	}
	if n := len(p.Samples); n == 0 || now-p.Samples[n-1][0] >= spacing(s) {
		p.Samples = append(p.Samples, sampleOf(now, skin, shading))
	}
	if float64(now-p.Shown[len(p.Shown)-1].At) < s.HoldSeconds*1000 {
		return false
	}
	if len(p.Shown) < s.Colours {
		p.show(f, now)
		return false
	}
	return p.finish(f, now, s)
}

func (p *progress) show(f *schemas.Face, now int64) {
	before := 0
	if n := len(p.Shown); n > 0 {
		before = p.Shown[n-1].Colour
	}
	p.Shown = append(p.Shown, shown{now, next(f.GetState().GetSeed(), p.Colours, before)})
	p.Colours++
}

// finish judges a complete attempt and begins another one after a failure.
func (p *progress) finish(f *schemas.Face, now int64, s *schemas.LightChallengeSettings) (failed bool) {
	r := respond(p.Shown, p.Samples, s.HoldSeconds)
	p.Score, p.Measures = &r.score, r.measures()
	p.Done = r.score >= s.Threshold
	last := p.Shown[len(p.Shown)-1]
	p.Shown, p.Samples = nil, nil
	if p.Done {
		return false
	}
	p.Failed++
	if p.Failed <= s.MaxFailed {
		p.Shown = append(p.Shown, shown{now, next(f.GetState().GetSeed(), p.Colours, last.Colour)})
		p.Colours++
	}
	return true
}

// told returns what the client and the log learn of the progress.
func (p *progress) told(s *schemas.LightChallengeSettings) *schemas.LightChallenge {
	out := &schemas.LightChallenge{Total: uint32(s.Colours), Failed: uint32(p.Failed), Score: p.Score, Measures: p.Measures}
	if n := len(p.Shown); n > 0 {
		out.Display, out.Measured = palette[p.Shown[n-1].Colour].name, uint32(n-1)
	}
	if p.Done {
		out.Measured = out.Total
	}
	return out
}
