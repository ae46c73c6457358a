package vision

// EyeState is the class that the network of the role eyestate gives an eye.
type EyeState uint8

// States of an eye. EyeUnknown is also the state without a network.
const (
	EyeUnknown EyeState = iota
	EyeClosed
	EyeOpen
	EyeOccluded
)

// seetaEye lists the classes of the eye state network of SeetaFace6 (SeetaTech, 2020).
var seetaEye = [4]EyeState{EyeClosed, EyeOpen, EyeOccluded, EyeUnknown}

// eyeStates classifies an upright square round each eye point of the detector. From the side the far eye would count as
// hidden, so turned faces are left out.
func (m *Models) eyeStates(img *Image, d Detection, out *Measurement) error {
	if !m.Has(RoleEyeState) || !out.HasAttributes {
		return nil
	}
	n := m.nets[RoleEyeState][0]
	w, h := n.spec.Input[0], n.spec.Input[1]
	side := n.spec.Crop * distance(d.Points[0], d.Points[1])
	for i, state := range [2]*EyeState{&out.RightEyeState, &out.LeftEyeState} {
		err := n.use(shape4{1, int64(h), int64(w), 3}, func(in []float32) {
			crop := borrowBytes(w * h * 3)
			defer byteBuffers.Put(crop)
			warp(img, squareAround(d.Points[i], side, 0, float32(w), float32(h)), w, h, n.spec.Color == "bgr", true, *crop)
			n.fillLast(in, *crop)
		}, "four classes", func(t *tensors) bool {
			classes := t.output(len(seetaEye))
			if classes != nil {
				*state = seetaEye[likeliest(classes)]
			}
			return classes != nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// likeliest returns the index of the largest value, the first of equals.
func likeliest(classes []float32) int {
	best := 0
	for i, v := range classes {
		if v > classes[best] {
			best = i
		}
	}
	return best
}
