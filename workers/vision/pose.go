package vision

import "github.com/selene-liveness/selene/schemas"

// fsanet measures the head angles with FSA-Net (Yang et al., CVPR 2019), the mean over the networks of the role.
func (m *Models) fsanet(img *Image, d Detection, out *Measurement) error {
	var sum [3]float32
	nets := m.nets[RolePose]
	for _, n := range nets {
		err := n.look(img, d, schemas.CropSquare, "three angles", func(t *tensors, _ affine) bool {
			angles := t.output(3)
			if angles != nil {
				sum[0], sum[1], sum[2] = sum[0]+angles[0], sum[1]+angles[1], sum[2]+angles[2]
			}
			return angles != nil
		})
		if err != nil {
			return err
		}
	}
	k := 1 / float32(len(nets))
	// FSA-Net counts yaw to the subject's right and roll to the left shoulder.
	out.Yaw, out.Pitch, out.Roll, out.HasPose = -sum[0]*k, sum[1]*k, -sum[2]*k, true
	return nil
}
