package detector

import (
	"math"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
)

// humanConfidence is the confidence of the mesh below which a face that looks at the camera is not that of a person: a dog's, or
// a person's that is covered or spoiled. ../vision/README.md has the error rates.
const humanConfidence = 0.995

// human checks that the mesh network, which knows faces of people alone, is sure of the face, if liveness is to be checked.
// Turned faces pass: the network is less sure of them.
func (c *checks) human(m *vision.Measurement) {
	s := c.settings
	asked := s.Thresholds.Liveness > 0 || s.ActiveLiveness.IsEnabled
	straight := m.HasPose && math.Abs(float64(m.Yaw)) <= vision.AttributesYaw && math.Abs(float64(m.Pitch)) <= vision.AttributesPitch
	c.fail(asked && straight && m.MeshRead && m.MeshConfidence < humanConfidence, schemas.CodeNotAHuman)
}
