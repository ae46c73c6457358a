package schemas

import "testing"

// The token's estimations are the best shot's own; means stand apart.
func TestClaimsDescribeTheBestShot(t *testing.T) {
	mean, own := 0.7, 0.9
	c := ClaimsOf(&Decision{
		Estimations:     &Estimations{Liveness: &mean, FramePosition: &FramePosition{Face: &Rect{X: 35}}, Eyeglasses: "eyeglasses"},
		BestEstimations: &Estimations{Liveness: &own, FramePosition: &FramePosition{Face: &Rect{X: 1}}},
	})
	if *c.Estimations.Liveness.Score != own || c.Estimations.FaceFramePosition.FaceRect.X != 1 {
		t.Errorf("estimations of another frame: %+v", c.Estimations)
	}
	if *c.Aggregated.Liveness.Score != mean || c.Aggregated.Eyeglasses != "eyeglasses" {
		t.Errorf("aggregated %+v", c.Aggregated)
	}
}
