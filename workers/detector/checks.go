package detector

import (
	"math"
	"slices"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
)

// checks collects failed checks. The first group with a failure ends the frame; a group reports all of its failures.
type checks struct {
	settings *schemas.Settings
	waived   []int32
	failed   []int32
	forgiven []int32
}

// fail records a failed check, unless it is waived for this frame.
func (c *checks) fail(failed bool, code int32) {
	switch {
	case !failed:
	case slices.Contains(c.waived, code):
		c.forgiven = append(c.forgiven, code)
	default:
		c.failed = append(c.failed, code)
	}
}

func (c *checks) over() bool { return len(c.failed) > 0 }

// check measures the decoded frame group by group, the cheap ones first, and writes the measurements to e. It returns
// the main face.
func (l *lens) check(c *checks, e *schemas.Estimations, m *memory) (vision.Detection, error) {
	var err error
	l.detections.Inc()
	if l.found, err = l.models.Detect(&l.image, l.found); err != nil {
		return vision.Detection{}, modelFault("face detection", err)
	}
	count := uint32(len(l.found))
	e.FaceCount = &count
	c.fail(count == 0, schemas.CodeNoFace)
	if c.over() {
		return vision.Detection{}, nil
	}
	face := mainFace(l.found, &l.image, c.settings.Session.MultifacePolicy)
	e.FramePosition = position(face.Box, &l.image)
	c.fail(count > 1 && c.settings.Session.MultifacePolicy == 0, schemas.CodeManyFaces)
	if c.over() {
		return face, nil
	}
	e.ImageQuality = c.quality(vision.MeasureQuality(&l.image, face.Box))
	if c.over() {
		return face, l.maskInLight(c, e, face)
	}
	c.position(e.FramePosition)
	if c.over() {
		return face, nil
	}
	l.measurement.Inc()
	if err := l.models.Measure(&l.image, face, &l.measured); err != nil {
		return face, modelFault("face measurement", err)
	}
	e.HeadPose, e.Mouth = pose(&l.measured), mouth(&l.measured, c.settings.Thresholds.Mouth)
	e.Eyeglasses, e.Ags = eyeglasses(&l.measured), generalScore(e)
	c.pose(e.HeadPose, face)
	if c.over() {
		return face, nil
	}
	e.Eyes = m.eyes(&l.measured)
	for _, group := range []func(){
		func() { c.hidden(e, &l.measured); c.eyes(e.Eyes) },
		func() { c.mouth(e.Mouth, &l.measured) },
		func() { c.glasses(e.Eyeglasses) },
		func() { c.generalScore(e.Ags) },
		func() { c.human(&l.measured) },
	} {
		if group(); c.over() {
			break
		}
	}
	return face, nil
}

// mainFace returns the largest face or, with policy 2, the one nearest to the frame's centre. found is sorted by size.
func mainFace(found []vision.Detection, img *vision.Image, policy int) vision.Detection {
	if policy != 2 {
		return found[0]
	}
	distance := func(d vision.Detection) float64 {
		c := d.Box.Center()
		return math.Hypot(float64(c.X)-float64(img.Width)/2, float64(c.Y)-float64(img.Height)/2)
	}
	return slices.MinFunc(found, func(a, b vision.Detection) int {
		switch da, db := distance(a), distance(b); {
		case da < db:
			return -1
		case da > db:
			return 1
		}
		return 0
	})
}

func (c *checks) quality(q vision.Quality) *schemas.ImageQuality {
	t := &c.settings.Thresholds
	out := &schemas.ImageQuality{
		Blur: round(
			q.Blur,
		),
		Light:         round(q.Light),
		Darkness:      round(q.Darkness),
		Illumination:  round(q.Illumination),
		Specularity:   round(q.Specularity),
		IsBlurred:     q.Blur < t.Blur,
		IsHighlighted: q.Light < t.Light,
		IsDark:        q.Darkness < t.Dark,
		IsIlluminated: q.Illumination < t.Illumination,
		IsSpecular:    q.Specularity < t.Specularity,
	}
	c.fail(out.IsBlurred, schemas.CodeBlurred)
	c.fail(out.IsHighlighted, schemas.CodeTooLight)
	c.fail(out.IsDark, schemas.CodeTooDark)
	c.fail(out.IsIlluminated, schemas.CodeUnevenLight)
	c.fail(out.IsSpecular, schemas.CodeGlare)
	return out
}

// pose checks the head's angles. A face turned so far that no angle can be measured fails on the side it is turned to. In one that
// is not turned something hides what angles are measured from.
func (c *checks) pose(p *schemas.HeadPose, face vision.Detection) {
	t := &c.settings.Thresholds
	if p == nil {
		if straight(face) {
			c.fail(true, schemas.CodeMouthOccluded)
			return
		}
		left := turnedLeft(face)
		c.fail(left, schemas.CodeYawNeedRight)
		c.fail(!left, schemas.CodeYawNeedLeft)
		return
	}
	c.fail(p.Yaw > t.Yaw, schemas.CodeYawNeedRight)
	c.fail(p.Yaw < -t.Yaw, schemas.CodeYawNeedLeft)
	c.fail(p.Roll > t.Roll, schemas.CodeRollRight)
	c.fail(p.Roll < -t.Roll, schemas.CodeRollLeft)
	c.fail(p.Pitch < -t.Pitch, schemas.CodePitchNeedUp)
	c.fail(p.Pitch > t.Pitch, schemas.CodePitchNeedDown)
}

// turnedLeft reports whether the nose is on the subject's left of the eyes, which is the right of the picture.
func turnedLeft(face vision.Detection) bool {
	right, left, nose := face.Points[0], face.Points[1], face.Points[2]
	return nose.X > (right.X+left.X)/2
}

// straight reports whether the nose is between the eyes. Of faces that are turned beyond measure it is 2.5 to 11 times the
// distance of the eyes away from their middle, of masked ones up to 0.03.
func straight(face vision.Detection) bool {
	right, left, nose := face.Points[0], face.Points[1], face.Points[2]
	return math.Abs(float64(nose.X-(right.X+left.X)/2)) < math.Hypot(float64(left.X-right.X), float64(left.Y-right.Y))/4
}

func pose(m *vision.Measurement) *schemas.HeadPose {
	if !m.HasPose {
		return nil
	}
	return &schemas.HeadPose{Yaw: round(float64(m.Yaw)), Roll: round(float64(m.Roll)), Pitch: round(float64(m.Pitch))}
}

func whole(x float32) int32 { return int32(math.Round(float64(x))) }

// round keeps four decimals: more would be noise, and make every message longer.
func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }
