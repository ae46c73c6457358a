package detector

import (
	"slices"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
)

// States of a mouth.
const (
	mouthClosed   = "closed"
	mouthOpened   = "opened"
	mouthSmile    = "smile"
	mouthOccluded = "occluded"
)

// mouth returns the state of the mouth; smile and cover are measured only if the face is not turned. Covered takes precedence
// over open, and open over smile.
func mouth(m *vision.Measurement, threshold float64) *schemas.Mouth {
	if !m.HasMouth {
		return nil
	}
	opened := round(min(1, float64(m.MouthOpenness)))
	out := &schemas.Mouth{Opened: &opened, State: mouthClosed}
	if m.HasAttributes {
		smile, occluded := round(float64(m.Smile)), round(float64(m.MouthOccluded))
		out.Smile, out.Occluded = &smile, &occluded
	}
	switch {
	case out.Occluded != nil && *out.Occluded >= threshold:
		out.State = mouthOccluded
	case opened >= threshold:
		out.State = mouthOpened
	case out.Smile != nil && *out.Smile >= threshold:
		out.State = mouthSmile
	}
	return out
}

// mouth checks the state of the mouth. Turned faces pass, since any mouth looks open from the side.
func (c *checks) mouth(m *schemas.Mouth, f *vision.Measurement) {
	if !f.HasAttributes || slices.Contains(c.settings.Thresholds.MouthStates, m.GetState()) {
		return
	}
	c.fail(m.GetState() == mouthOpened, schemas.CodeMouthOpen)
	c.fail(m.GetState() == mouthOccluded, schemas.CodeMouthOccluded)
	c.fail(m.GetState() == mouthSmile, schemas.CodeSmile)
}
