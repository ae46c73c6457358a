// Package pictures decodes frames and reference pictures, which come from outside, in separate processes: a picture that makes a C
// library crash or hang, or that takes too much memory or time, fails alone.
package pictures

import (
	"context"
	"sync"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/workers/vision"
)

// Decoder decodes pictures. It is safe for concurrent use. Every error that a picture causes wraps vision.ErrUndecodable.
type Decoder interface {
	// Decode is that of vision.Decoder.
	Decode(ctx context.Context, data []byte, img *vision.Image) error
	// Luma returns what that of vision.Decoder appends, or nil.
	Luma(ctx context.Context, data []byte) ([]byte, error)
}

// Here returns a decoder that works in this process, for tools and tests, and for the processes themselves.
func Here() Decoder {
	return &here{sync.Pool{New: func() any { return vision.NewDecoder(imagefile.MaxPixels) }}}
}

type here struct{ decoders sync.Pool }

func (h *here) Decode(_ context.Context, data []byte, img *vision.Image) error {
	d := h.decoders.Get().(*vision.Decoder)
	defer h.decoders.Put(d)
	return d.Decode(data, img)
}

func (h *here) Luma(_ context.Context, data []byte) ([]byte, error) {
	d := h.decoders.Get().(*vision.Decoder)
	defer h.decoders.Put(d)
	return d.Luma(data, nil)
}
