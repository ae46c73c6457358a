package detector

import (
	"math"

	"github.com/selene-liveness/selene/schemas"
)

// agsSide is the shorter side of a face box, in pixels, from which on more of them do not help.
const agsSide = 200

// generalScore is one number of 0..1 for how usable the face is:
//
//	(blur * light * darkness * specularity)^(1/4) * cos(yaw) * cos(pitch) * cos(roll) * min(1, shorter side / 200)
//
// It is nil where pose or quality were not measured. Uneven light is left out: its score is no share of what is fine.
func generalScore(e *schemas.Estimations) *float64 {
	q, p, face := e.GetImageQuality(), e.GetHeadPose(), e.GetFramePosition().GetFace()
	if q == nil || p == nil {
		return nil
	}
	score := math.Sqrt(math.Sqrt(q.Blur * q.Light * q.Darkness * q.Specularity))
	for _, angle := range [3]float64{p.Yaw, p.Pitch, p.Roll} {
		score *= max(0, math.Cos(angle*math.Pi/180))
	}
	score = round(score * min(1, float64(min(face.GetWidth(), face.GetHeight()))/agsSide))
	return &score
}

// generalScore checks it, except when the pose is as it was asked for.
func (c *checks) generalScore(score *float64) {
	least := c.settings.Thresholds.AGS
	c.fail(least != nil && score != nil && *score < *least && len(c.forgiven) == 0, schemas.CodeAGSLow)
}
