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

var lightCodes = []int32{schemas.CodeTooLight, schemas.CodeTooDark, schemas.CodeUnevenLight, schemas.CodeGlare}

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

// maskInLight names the mask, before the light, where only the light was found wrong: a white or black mask makes a face look over-
// or under-exposed, and no other light would help.
func (l *lens) maskInLight(c *checks, e *schemas.Estimations, face vision.Detection) error {
	for _, code := range c.failed {
		if !slices.Contains(lightCodes, code) {
			return nil
		}
	}
	l.measurement.Inc()
	if err := l.models.Measure(&l.image, face, &l.measured); err != nil {
		return modelFault("face measurement", err)
	}
	light := c.failed
	c.failed = nil
	e.Mouth = mouth(&l.measured, c.settings.Thresholds.Mouth)
	switch {
	case e.Mouth.GetState() == mouthOccluded:
		c.mouth(e.Mouth, &l.measured)
	case !l.measured.HasPose && straight(face) && !slices.Contains(light, schemas.CodeTooDark): // in the dark no face can be measured
		c.pose(nil, face)
	default:
		e.Mouth = nil
	}
	c.failed = append(c.failed, light...)
	return nil
}
