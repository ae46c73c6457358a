package stitch

import (
	"bytes"
	"fmt"

	"github.com/asticode/go-astiav"
)

// maxPixels keeps a small file that claims a huge picture from filling the memory (8K is 33.2 million).
const maxPixels = 34_000_000

// maxSide is the largest width and height that every encoder takes.
const maxSide = 8192

// inputPadding is AV_INPUT_BUFFER_PADDING_SIZE: libavcodec reads that far beyond the end of a packet.
const inputPadding = 64

// decoder decodes JPEG and PNG files. The zero value is ready; free it after use.
type decoder struct {
	jpeg, png *astiav.CodecContext
	packet    *astiav.Packet
	padded    []byte
}

// decode decodes a whole image file into dst; full-range 4:2:0 becomes limited range. Damage that a viewer would paper over
// is an error too: evidence with half of its picture made up is worse than a gap.
func (d *decoder) decode(image []byte, dst *astiav.Frame) error {
	var slot **astiav.CodecContext
	var id astiav.CodecID
	switch {
	case bytes.HasPrefix(image, []byte{0xff, 0xd8, 0xff}):
		slot, id = &d.jpeg, astiav.CodecIDMjpeg
	case bytes.HasPrefix(image, []byte("\x89PNG\r\n\x1a\n")):
		slot, id = &d.png, astiav.CodecIDPng
	default:
		return fmt.Errorf("the image of %d bytes is neither JPEG nor PNG", len(image))
	}
	if *slot == nil {
		cc, err := openDecoder(id)
		if err != nil {
			return err
		}
		*slot = cc
	}
	if err := d.decodeWith(*slot, image, dst); err != nil {
		// What a decoder remembers of a broken image must not leak into the next one.
		(*slot).Free()
		*slot = nil
		return fmt.Errorf("decode %s: %w", id.Name(), err)
	}
	if full420(dst) {
		// Here, where several do it at the same time and the pixels are still in the cache.
		if err := squeeze(dst); err != nil {
			dst.Unref()
			return fmt.Errorf("convert: %w", err)
		}
	}
	return nil
}

// full420 says whether a picture is what nearly every camera's JPEG holds.
func full420(f *astiav.Frame) bool {
	return f.PixelFormat() == astiav.PixelFormatYuvj420P ||
		f.PixelFormat() == astiav.PixelFormatYuv420P && f.ColorRange() == astiav.ColorRangeJpeg
}

func (d *decoder) decodeWith(cc *astiav.CodecContext, image []byte, dst *astiav.Frame) error {
	if d.packet == nil {
		d.packet = astiav.AllocPacket()
	}
	defer d.packet.Unref()
	d.padded = append(d.padded[:0], image...)
	d.padded = append(d.padded, make([]byte, inputPadding)...)
	if err := d.packet.FromData(d.padded); err != nil {
		return err
	}
	d.packet.SetSize(len(image))
	if err := cc.SendPacket(d.packet); err != nil {
		return err
	}
	if err := cc.ReceiveFrame(dst); err != nil {
		return err
	}
	if w, h := dst.Width(), dst.Height(); w <= 0 || h <= 0 || w > maxSide || h > maxSide {
		dst.Unref()
		return fmt.Errorf("a picture of %dx%d cannot be encoded; each side must have 1 to %d pixels", w, h, maxSide)
	}
	return nil
}

func openDecoder(id astiav.CodecID) (*astiav.CodecContext, error) {
	codec := astiav.FindDecoder(id)
	if codec == nil {
		return nil, fmt.Errorf("this FFmpeg has no %s decoder; install the full libavcodec", id.Name())
	}
	cc := astiav.AllocCodecContext(codec)
	// More threads would hold frames back, and one image at a time gains nothing from them.
	cc.SetThreadCount(1)
	err := withOptions(map[string]string{
		"err_detect": "crccheck+explode",
		"max_pixels": fmt.Sprint(maxPixels),
	}, func(dict *astiav.Dictionary) error { return cc.Open(codec, dict) })
	if err != nil {
		cc.Free()
		return nil, fmt.Errorf("open the %s decoder: %w", id.Name(), err)
	}
	return cc, nil
}

func (d *decoder) free() {
	for _, cc := range []*astiav.CodecContext{d.jpeg, d.png} {
		if cc != nil {
			cc.Free()
		}
	}
	if d.packet != nil {
		d.packet.Free()
	}
}
