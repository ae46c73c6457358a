package vision

// fsanet takes the head angles from FSA-Net (Yang et al., CVPR 2019), the mean over the networks of the role.
func (m *Models) fsanet(img *Image, d Detection, out *Measurement) error {
	var sum [3]float32
	nets := m.nets[RolePose]
	for _, n := range nets {
		w, h := n.spec.Input[0], n.spec.Input[1]
		t, err := n.borrow(shape4{1, 3, int64(h), int64(w)})
		if err != nil {
			return err
		}
		n.cropInto(t.in, img, d, CropSpec{Kind: CropSquare, Scale: n.spec.Crop, Width: w, Height: h, Color: n.spec.Color})
		err = n.run(t)
		angles := t.output(3)
		if err == nil && angles == nil {
			err = n.unexpected("three angles", t)
		}
		if err == nil {
			sum[0], sum[1], sum[2] = sum[0]+angles[0], sum[1]+angles[1], sum[2]+angles[2]
		}
		n.giveBack(t)
		if err != nil {
			return err
		}
	}
	k := 1 / float32(len(nets))
	// FSA-Net counts yaw to the subject's right and roll to the left shoulder.
	out.Yaw, out.Pitch, out.Roll, out.HasPose = -sum[0]*k, sum[1]*k, -sum[2]*k, true
	return nil
}
