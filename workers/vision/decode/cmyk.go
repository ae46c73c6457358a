package decode

import (
	"fmt"
	"image/color"

	"github.com/asticode/go-astiav"
)

// printToRGB converts a JPEG of four components, whose black FFmpeg has applied already, to RGB of 8 bits. libswscale would take full-range
// values with an alpha plane for limited-range ones.
func printToRGB(f *astiav.Frame) error {
	format := f.PixelFormat()
	if format != astiav.PixelFormatGbrap && format != astiav.PixelFormatYuva444P {
		return fmt.Errorf("four components as %s, which is not supported", format)
	}
	out := astiav.AllocFrame()
	defer out.Free()
	out.SetWidth(f.Width())
	out.SetHeight(f.Height())
	out.SetPixelFormat(astiav.PixelFormatRgb24)
	if err := out.AllocBuffer(0); err != nil {
		return err
	}
	var planes [3][]byte
	for i := range planes {
		planes[i] = plane(f, i)
	}
	to := FirstPlane(out)
	for y := range f.Height() {
		row := to[y*out.Linesize()[0]:]
		a, b, c := planes[0][y*f.Linesize()[0]:], planes[1][y*f.Linesize()[1]:], planes[2][y*f.Linesize()[2]:]
		for x := range f.Width() {
			if format == astiav.PixelFormatGbrap {
				row[3*x], row[3*x+1], row[3*x+2] = c[x], a[x], b[x]
			} else {
				row[3*x], row[3*x+1], row[3*x+2] = color.YCbCrToRGB(a[x], b[x], c[x])
			}
		}
	}
	f.Unref()
	f.MoveRef(out)
	return nil
}
