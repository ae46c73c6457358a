package detector

import (
	"math"

	"github.com/selene-liveness/selene/schemas"
)

// agsSide is the shorter side of a face box, in pixels, above which the score does not grow.
const agsSide = 200

// generalScore returns how usable the face is, 0..1:
//
//	(blur * light * darkness * specularity)^(1/4) * cos(yaw) * cos(pitch) * cos(roll) * min(1, shorter side / 200)
//
// It returns nil if pose or quality was not measured. Uneven light is left out, since its score is not a share of good pixels.
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

// generalScore checks the score, except while a pose is requested.
func (c *checks) generalScore(score *float64) {
	least := c.settings.Thresholds.AGS
	c.fail(least != nil && score != nil && *score < *least && len(c.forgiven) == 0, schemas.CodeAGSLow)
}
