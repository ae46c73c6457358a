package detector

import (
	"math"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
)

// An eye is closed if its aspect ratio is below a share of the person's own open level, since the open eyes of some people are
// narrower than the half-closed eyes of others. A fixed limit applies until that level is known.
//
// The share was set on eleven clips: the wider of two eyes that are shut is at 0.40 to 0.49 of the open level in four of them, at
// up to 0.55 in dim light. Between 0.5 and 0.6 lie 0.8 % of the other frames, most of them of blinks under way.
const (
	closedShare   = 0.55
	closedUnknown = 0.13
	learnFrames   = 10
	learnYaw      = 15 // degrees; turned or bent heads make eyes look narrower
	learnPitch    = 12
	learnAbove    = 0.16 // the lowest level that is certainly open
)

// eyes returns the state of the eyes and learns the open level. It returns nil if the eyes were not measured.
func (m *memory) eyes(f *vision.Measurement) *schemas.Eyes {
	if !f.HasEyes {
		return nil
	}
	left, right := float64(f.LeftEyeOpenness), float64(f.RightEyeOpenness)
	limit := closedUnknown
	if m.Frames > 0 {
		limit = closedShare * m.Open
	}
	e := &schemas.Eyes{
		Left: eyeState(
			f.LeftEyeState,
			left,
			limit,
			f.LeftEyeHidden,
		),
		Right:            eyeState(f.RightEyeState, right, limit, f.RightEyeHidden),
		State:            schemas.EyeOpen,
		LeftAspectRatio:  round(left),
		RightAspectRatio: round(right),
	}
	for _, state := range []string{schemas.EyeClosed, schemas.EyeOccluded} {
		if e.Left == state || e.Right == state {
			e.State = state
		}
	}
	visible := e.State != schemas.EyeOccluded
	if straight := visible && f.HasPose && math.Abs(float64(f.Yaw)) < learnYaw && math.Abs(float64(f.Pitch)) < learnPitch; straight {
		m.learn((left + right) / 2)
	}
	return e
}

func (m *memory) learn(level float64) {
	if level < learnAbove || m.Frames > 0 && level < 0.7*m.Open {
		return
	}
	m.Frames = min(m.Frames+1, learnFrames)
	m.Open = round(m.Open + (level-m.Open)/float64(m.Frames))
}

// eyeState returns the class of the eye network or, where it is absent or unsure, the state by aspect ratio.
func eyeState(seen vision.EyeState, ratio, limit float64, hidden bool) string {
	switch seen {
	case vision.EyeOpen:
		return schemas.EyeOpen
	case vision.EyeClosed:
		return schemas.EyeClosed
	case vision.EyeOccluded:
		return schemas.EyeOccluded
	}
	switch {
	case hidden:
		return schemas.EyeOccluded
	case ratio < limit:
		return schemas.EyeClosed
	}
	return schemas.EyeOpen
}

// hidden checks that the eyes can be seen. Turned faces pass, and dark glasses are left to the check of glasses.
func (c *checks) hidden(e *schemas.Estimations, f *vision.Measurement) {
	left, right := e.GetEyes().GetLeft(), e.GetEyes().GetRight()
	missing := left == schemas.EyeOccluded || right == schemas.EyeOccluded
	switch {
	case e.GetEyeglasses() == vision.Sunglasses:
		return
	case e.GetEyes() == nil:
		missing = f.HasPose && math.Abs(float64(f.Yaw)) <= vision.AttributesYaw && math.Abs(float64(f.Pitch)) <= vision.AttributesPitch
	case c.settings.Session.AcceptOneEyeOpen:
		missing = missing && left != schemas.EyeOpen && right != schemas.EyeOpen
	}
	c.fail(missing, schemas.CodeEyesUnknown)
}

func (c *checks) eyes(e *schemas.Eyes) {
	closed := e.GetLeft() == schemas.EyeClosed || e.GetRight() == schemas.EyeClosed
	if c.settings.Session.AcceptOneEyeOpen {
		closed = e.GetLeft() == schemas.EyeClosed && e.GetRight() == schemas.EyeClosed
	}
	c.fail(closed, schemas.CodeEyesClosed)
}
