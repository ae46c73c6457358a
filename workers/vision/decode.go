package vision

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/asticode/go-astiav"

	"github.com/selene-liveness/selene/workers/vision/decode"
)

// Decoder decodes the bytes of JPEG and PNG files into pictures. Its buffers are reused from call to call.
// It is not safe for concurrent use; each goroutine needs its own. Close frees the memory of FFmpeg.
type Decoder struct {
	files  *decode.Decoder
	frame  *astiav.Frame
	rgb    *astiav.Frame
	scaler *astiav.SoftwareScaleContext
	scales scaling
}

// scaling is the conversion of a scaler.
type scaling struct {
	w, h   int
	format astiav.PixelFormat
}

// NewDecoder returns a decoder that refuses pictures of more than maxPixels pixels.
func NewDecoder(maxPixels int) *Decoder {
	d := &Decoder{files: decode.New(maxPixels), frame: astiav.AllocFrame(), rgb: astiav.AllocFrame()}
	runtime.SetFinalizer(d, (*Decoder).Close)
	return d
}

// Close frees the decoder. It may be called twice.
func (d *Decoder) Close() {
	d.dropScaler()
	d.files.Close()
	if d.frame != nil {
		d.frame.Free()
		d.rgb.Free()
		d.frame, d.rgb = nil, nil
	}
}

func (d *Decoder) dropScaler() {
	if d.scaler != nil {
		d.scaler.Free()
		d.scaler, d.scales = nil, scaling{}
	}
}

// Decode decodes data into img, whose Pix is reused when it is long enough, turned as the EXIF orientation says. Colour profiles
// are ignored; transparency is dropped. Every error that the data causes wraps [ErrUndecodable].
func (d *Decoder) Decode(data []byte, img *Image) error {
	if err := d.files.Decode(data, d.frame); err != nil {
		return fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	defer d.frame.Unref()
	err := d.convert(img)
	if d.scales.w*d.scales.h > keptPixels {
		d.dropScaler()
		d.rgb.Unref()
	}
	if err != nil {
		return fmt.Errorf("%w: convert: %w", ErrUndecodable, err)
	}
	return nil
}

// Luma appends to dst the brightness of every pixel as a JPEG stores it, row by row, not turned, without converting to RGB and back.
// It appends nothing for a picture that stores none: a PNG, or a JPEG in RGB or CMYK. Every error that the data causes wraps
// [ErrUndecodable].
func (d *Decoder) Luma(data, dst []byte) ([]byte, error) {
	if err := d.files.DecodeStored(data, d.frame); err != nil {
		return dst, fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	defer d.frame.Unref()
	if colours := d.frame.PixelFormat().Name(); !strings.HasPrefix(colours, "yuv") && !strings.HasPrefix(colours, "gray") {
		return dst, nil
	}
	pix, stride := decode.FirstPlane(d.frame), d.frame.Linesize()[0]
	for y := range d.frame.Height() {
		dst = append(dst, pix[y*stride:][:d.frame.Width()]...)
	}
	return dst, nil
}

// convert writes d.frame, in the colours of its file, as RGB.
func (d *Decoder) convert(img *Image) error {
	want := scaling{d.frame.Width(), d.frame.Height(), d.frame.PixelFormat()}
	rgb := d.frame
	if want.format != astiav.PixelFormatRgb24 {
		if d.scaler == nil || d.scales != want {
			if err := d.prepare(want); err != nil {
				d.dropScaler()
				return fmt.Errorf("pixel format %s: %w", want.format, err)
			}
		}
		if err := d.scaler.ScaleFrame(d.frame, d.rgb); err != nil {
			return err
		}
		rgb = d.rgb
	}
	img.resize(want.w, want.h)
	_, err := rgb.ImageCopyToBuffer(img.Pix, 1)
	return err
}

func (d *Decoder) prepare(want scaling) error {
	d.dropScaler()
	s, err := astiav.CreateSoftwareScaleContext(want.w, want.h, want.format, want.w, want.h, astiav.PixelFormatRgb24,
		astiav.NewSoftwareScaleContextFlags(astiav.SoftwareScaleContextFlagBilinear))
	if err != nil {
		return err
	}
	d.scaler, d.scales = s, want
	d.rgb.Unref()
	d.rgb.SetWidth(want.w)
	d.rgb.SetHeight(want.h)
	d.rgb.SetPixelFormat(astiav.PixelFormatRgb24)
	return d.rgb.AllocBuffer(0)
}
