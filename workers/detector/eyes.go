package detector

import (
	"math"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
)

// An eye is closed when its aspect ratio falls under a share of the person's own open level, since some people's open
// eyes are narrower than other people's drooping ones. Before that level is known a fixed one has to do.
const (
	closedShare   = 0.45
	closedUnknown = 0.13
	learnFrames   = 10
	learnYaw      = 15 // degrees; turned or bent heads make eyes look narrower
	learnPitch    = 12
	learnAbove    = 0.16 // the narrowest level that is surely open
)

// eyes reads the state of the eyes and learns the open level. It is nil where the eyes could not be measured.
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
		Left: eyeState(left, limit), Right: eyeState(right, limit), State: schemas.EyeOpen,
		LeftAspectRatio: round(left), RightAspectRatio: round(right),
	}
	if e.Left == schemas.EyeClosed || e.Right == schemas.EyeClosed {
		e.State = schemas.EyeClosed
	}
	if straight := f.HasPose && math.Abs(float64(f.Yaw)) < learnYaw && math.Abs(float64(f.Pitch)) < learnPitch; straight {
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

func eyeState(ratio, limit float64) string {
	if ratio < limit {
		return schemas.EyeClosed
	}
	return schemas.EyeOpen
}
