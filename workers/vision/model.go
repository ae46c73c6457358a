package vision

import (
	"fmt"

	"github.com/selene-liveness/selene/schemas"
)

// use runs the network on an input of this shape, which fill writes, and passes the outputs to read. want describes the
// outputs that the decoder expects; read returns false if they differ. The tensors must not be used after read returns.
func (m *model) use(shape shape4, fill func(in []float32), want string, read func(*tensors) bool) error {
	t, err := m.borrow(shape)
	if err != nil {
		return err
	}
	defer m.release(t)
	fill(t.in)
	if err := m.run(t); err != nil {
		return err
	}
	if !read(t) {
		return fmt.Errorf("%w: decoder %s expects %s, but the outputs of %v have the shapes %v; name another decoder or file in pack.json",
			ErrPack, m.spec.Decoder, want, m.spec.Files, t.dims)
	}
	return nil
}

// planar returns the shape of an input of n pictures in planes of colour.
func (m *model) planar(n int) shape4 {
	return shape4{int64(n), 3, int64(m.spec.Input[1]), int64(m.spec.Input[0])}
}

// infer runs the network on one crop.
func (m *model) infer(crop []byte, want string, read func(*tensors) bool) error {
	w, h := m.spec.Input[0], m.spec.Input[1]
	if len(crop) != w*h*3 {
		return fmt.Errorf("%w: %s expects %d x %d x 3 bytes, got %d", ErrCrop, m.spec.Decoder, w, h, len(crop))
	}
	return m.use(m.planar(1), func(in []float32) { m.fill(in, crop) }, want, read)
}

// look runs the network on a crop of a kind, cut round a face. back maps the crop to the picture.
func (m *model) look(img *Image, d Detection, kind, want string, read func(t *tensors, back affine) bool) error {
	spec := schemas.CropSpec{Kind: kind, Scale: m.spec.Crop, Width: m.spec.Input[0], Height: m.spec.Input[1], Color: m.spec.Color}
	back := transform(spec, img, d)
	return m.use(m.planar(1), func(in []float32) {
		crop := borrowBytes(spec.Width * spec.Height * 3)
		defer byteBuffers.Put(crop)
		cut(img, back, spec, *crop)
		m.fill(in, *crop)
	}, want, func(t *tensors) bool { return read(t, back) })
}
