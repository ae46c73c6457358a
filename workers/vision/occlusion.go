package vision

// mask takes the probability of a mask from the mask detector of SeetaFace6 (SeetaTech, 2020), in place of the measure
// from pixels.
func (m *Models) mask(img *Image, d Detection, out *Measurement) error {
	if !m.Has(RoleOcclusion) || !out.HasAttributes {
		return nil
	}
	n := m.nets[RoleOcclusion][0]
	w, h := n.spec.Input[0], n.spec.Input[1]
	t, err := n.borrow(shape4{1, 3, int64(h), int64(w)})
	if err != nil {
		return err
	}
	defer n.giveBack(t)
	n.cropInto(t.in, img, d, CropSpec{Kind: CropSquare, Scale: n.spec.Crop, Width: w, Height: h, Color: n.spec.Color})
	if err := n.run(t); err != nil {
		return err
	}
	classes := t.output(2)
	if classes == nil {
		return n.unexpected("two classes", t)
	}
	out.MouthOccluded = classes[0]
	return nil
}
