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

// mouth is what is known of the mouth; smile and cover only of a face that is not turned. A covered mouth has no other
// state, and an open one does not smile.
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

// mouth checks the state of the mouth. Turned faces pass: from the side any mouth looks open.
func (c *checks) mouth(m *schemas.Mouth, f *vision.Measurement) {
	if !f.HasAttributes || slices.Contains(c.settings.Thresholds.MouthStates, m.GetState()) {
		return
	}
	c.fail(m.GetState() == mouthOpened, schemas.CodeMouthOpen)
	c.fail(m.GetState() == mouthOccluded, schemas.CodeMouthOccluded)
	c.fail(m.GetState() == mouthSmile, schemas.CodeSmile)
}
