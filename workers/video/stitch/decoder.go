package stitch

import (
	"fmt"

	"github.com/asticode/go-astiav"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/workers/vision/decode"
)

// maxPixels is the number of pixels of the largest video (8K has 33.2 million).
const maxPixels = 34_000_000

// maxSide is the largest width and height that every encoder takes.
const maxSide = 8192

// decoder decodes the images of frames. Free it after use.
type decoder struct {
	files *decode.Decoder
}

func newDecoder() decoder { return decoder{decode.New(imagefile.MaxPixels)} }

// decode decodes a whole image file into dst; full-range 4:2:0 becomes limited range. It returns an
// error for a picture that no video can hold.
func (d decoder) decode(image []byte, dst *astiav.Frame) error {
	if err := d.files.Decode(image, dst); err != nil {
		return err
	}
	if w, h := dst.Width(), dst.Height(); w > maxSide || h > maxSide || w*h > maxPixels {
		dst.Unref()
		return fmt.Errorf("a picture of %dx%d cannot be encoded; the limits are %d pixels a side and %d in total", w, h, maxSide, maxPixels)
	}
	if isFull420(dst) {
		// Done here, where several run at the same time and the pixels are still in the cache.
		if err := squeeze(dst); err != nil {
			dst.Unref()
			return fmt.Errorf("convert: %w", err)
		}
	}
	return nil
}

// isFull420 reports whether a picture has the format of nearly all cameras: full-range 4:2:0.
func isFull420(f *astiav.Frame) bool {
	return f.PixelFormat() == astiav.PixelFormatYuvj420P ||
		f.PixelFormat() == astiav.PixelFormatYuv420P && f.ColorRange() == astiav.ColorRangeJpeg
}

func (d decoder) free() { d.files.Close() }
