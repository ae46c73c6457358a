package vision

import "github.com/selene-liveness/selene/schemas"

// mask raises the measure from pixels to its mean with the probability of a mask from the mask detector of SeetaFace6 (SeetaTech,
// 2020).
func (m *Models) mask(img *Image, d Detection, out *Measurement) error {
	if !m.Has(RoleOcclusion) || !out.HasAttributes {
		return nil
	}
	return m.nets[RoleOcclusion][0].look(img, d, schemas.CropSquare, "two classes", func(t *tensors, _ affine) bool {
		classes := t.output(2)
		if classes != nil {
			out.MouthOccluded = max(out.MouthOccluded, (out.MouthOccluded+classes[0])/2)
		}
		return classes != nil
	})
}
