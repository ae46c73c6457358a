package decode

import (
	"github.com/asticode/go-astiav"

	"github.com/selene-liveness/selene/schemas/imagefile"
)

// turn replaces a stored picture by the one that viewers show, in RGB of 8 bits.
func turn(f *astiav.Frame, o imagefile.Orientation) error {
	stored := astiav.AllocFrame()
	defer stored.Free()
	if err := toRGB(f, stored); err != nil {
		return err
	}
	width, height := stored.Width(), stored.Height()
	w, h := width, height
	if o.Sideways() {
		w, h = h, w
	}
	f.Unref()
	f.SetWidth(w)
	f.SetHeight(h)
	f.SetPixelFormat(astiav.PixelFormatRgb24)
	if err := f.AllocBuffer(0); err != nil {
		return err
	}
	from, fromStride := FirstPlane(stored), stored.Linesize()[0]
	to, stride := FirstPlane(f), f.Linesize()[0]
	for y := range h {
		// Along a row of the shown picture, places in the stored one change by a constant.
		x0, y0 := o.Stored(0, y, width, height)
		x1, y1 := o.Stored(1, y, width, height)
		at, step := y0*fromStride+3*x0, (y1-y0)*fromStride+3*(x1-x0)
		for row := to[y*stride:][:3*w]; len(row) > 0; row, at = row[3:], at+step {
			copy(row[:3], from[at:at+3])
		}
	}
	return nil
}

func toRGB(f, dst *astiav.Frame) error {
	w, h := f.Width(), f.Height()
	s, err := astiav.CreateSoftwareScaleContext(w, h, f.PixelFormat(), w, h, astiav.PixelFormatRgb24,
		astiav.NewSoftwareScaleContextFlags(astiav.SoftwareScaleContextFlagBilinear))
	if err != nil {
		return err
	}
	defer s.Free()
	dst.SetWidth(w)
	dst.SetHeight(h)
	dst.SetPixelFormat(astiav.PixelFormatRgb24)
	if err := dst.AllocBuffer(0); err != nil {
		return err
	}
	return s.ScaleFrame(f, dst)
}
