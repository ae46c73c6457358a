package eval

import (
	"encoding/json"
	"math"
)

// Report is the result of Run. Sections for which the dataset or the pack has no data are nil.
type Report struct {
	Dataset string `json:"dataset"`
	Pack    string `json:"pack"`
	Digest  string `json:"digest"` // of pack.json
	Split   Split  `json:"split"`
	Files   int    `json:"files"`
	Images  int    `json:"images"` // stills, and judged frames of clips

	Detection *Detection `json:"detection,omitempty"`
	Pose      *Pose      `json:"pose,omitempty"`
	Eyes      *Eyes      `json:"eyes,omitempty"`
	Glasses   *Glasses   `json:"glasses,omitempty"`
	Matching  *Matching  `json:"matching,omitempty"`
	PAD       *PAD       `json:"pad,omitempty"`
	Checks    []Check    `json:"checks,omitempty"`
	Scores    []Score    `json:"scores,omitempty"`
	OwnKinds  []OwnKind  `json:"own_kinds,omitempty"`
	Clips     []Clip     `json:"clips,omitempty"`

	curves []namedCurve
}

// Share is a count out of a number of trials.
type Share struct {
	Count int
	Of    int
	// Files is the number of files the trials came from, when that is fewer: frames of one clip are not independent trials.
	Files int
}

func (s *Share) add(hit bool) {
	s.Of++
	if hit {
		s.Count++
	}
}

// Rate returns the share as a number, NaN without trials.
func (s Share) Rate() float64 { return float64(s.Count) / float64(s.Of) }

// independent returns the number of independent trials.
func (s Share) independent() int {
	if s.Files > 0 {
		return min(s.Files, s.Of)
	}
	return s.Of
}

// Bound returns the 95 % bound of the rate when nothing was counted (the rule of three, over independent trials), and reports
// whether that is the case.
func (s Share) Bound() (float64, bool) {
	return RuleOfThree(s.independent()), s.Count == 0 && s.Of > 0
}

// MarshalJSON adds the rate, its 95 % interval (Wilson) and, when nothing was counted, the bound of 3/n.
func (s Share) MarshalJSON() ([]byte, error) {
	out := map[string]any{"count": s.Count, "of": s.Of}
	if s.Files > 0 {
		out["files"] = s.Files
	}
	if s.Of > 0 {
		low, high := Wilson(s.Count, s.Of)
		out["rate"], out["low"], out["high"] = s.Rate(), low, high
	}
	if bound, none := s.Bound(); none {
		out["bound"] = bound
	}
	return json.Marshal(out)
}

// Number is a figure that may be missing: NaN and infinities are null in JSON.
type Number float64

// MarshalJSON writes the number, or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}
