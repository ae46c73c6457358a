package vision

import "fmt"

// cropInto cuts the crop and writes it to the input of a network. It returns the way back to the picture.
func (m *model) cropInto(in []float32, img *Image, d Detection, spec CropSpec) affine {
	crop := borrowBytes(spec.Width * spec.Height * 3)
	defer byteBuffers.Put(crop)
	back := spec.transform(img, d)
	cut(img, back, spec, *crop)
	m.fill(in, *crop)
	return back
}

// infer runs the network on one crop and lets read take the outputs before the tensors go back.
func (m *model) infer(crop []byte, read func(t *tensors) error) error {
	w, h := m.spec.Input[0], m.spec.Input[1]
	if len(crop) != w*h*3 {
		return fmt.Errorf("%w: %s wants %d x %d x 3 bytes, got %d", ErrCrop, m.spec.Decoder, w, h, len(crop))
	}
	t, err := m.borrow(shape4{1, 3, int64(h), int64(w)})
	if err != nil {
		return err
	}
	defer m.giveBack(t)
	m.fill(t.in, crop)
	if err := m.run(t); err != nil {
		return err
	}
	return read(t)
}

func (m *model) unexpected(want string, t *tensors) error {
	return fmt.Errorf("%w: decoder %s wants %s, but the outputs of %v have the shapes %v; name another decoder or file in pack.json",
		ErrPack, m.spec.Decoder, want, m.spec.Files, t.dims)
}
