package eval

import (
	"slices"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// sample is one image, or one frame of a clip, with its results.
type sample struct {
	label Label
	at    time.Duration // in its clip
	extra bool          // judged only for the eyes: a frame between those taken at regular steps

	seen  *schemas.Estimations
	codes []int32

	live       []float64 // of each anti-spoofing network, empty without a face
	descriptor []float32
}

func (s *sample) faces() int { return int(s.seen.GetFaceCount()) }

// fails reports whether one of the checks failed.
func (s *sample) fails(codes ...int32) bool {
	return slices.ContainsFunc(codes, func(c int32) bool { return slices.Contains(s.codes, c) })
}

// accepted reports whether the frame would reach the liveness worker.
func (s *sample) accepted() bool { return s.faces() > 0 && len(s.codes) == 0 }
