package decode

import (
	"bytes"
	"image"
	"image/png"

	"github.com/asticode/go-astiav"
)

// decodePNG decodes with image/png: FFmpeg takes as long, and fills rows that are missing with old memory.
func decodePNG(data []byte, dst *astiav.Frame) error {
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	b := decoded.Bounds()
	dst.SetWidth(b.Dx())
	dst.SetHeight(b.Dy())
	dst.SetPixelFormat(astiav.PixelFormatRgb24)
	if err := dst.AllocBuffer(0); err != nil {
		return err
	}
	out, stride := FirstPlane(dst), dst.Linesize()[0]
	for y := range b.Dy() {
		writeRow(out[y*stride:][:b.Dx()*3], decoded, y)
	}
	return nil
}

// writeRow writes row y as RGB.
func writeRow(out []byte, decoded image.Image, y int) {
	switch p := decoded.(type) {
	case *image.RGBA: // without transparency
		copyRGB(out, p.Pix[y*p.Stride:], 4, 1, 2)
	case *image.NRGBA:
		copyRGB(out, p.Pix[y*p.Stride:], 4, 1, 2)
	case *image.Gray:
		copyRGB(out, p.Pix[y*p.Stride:], 1, 0, 0)
	case *image.Gray16:
		copyRGB(out, p.Pix[y*p.Stride:], 2, 0, 0)
	case *image.RGBA64:
		copyRGB(out, p.Pix[y*p.Stride:], 8, 2, 4)
	case *image.NRGBA64:
		copyRGB(out, p.Pix[y*p.Stride:], 8, 2, 4)
	default: // palettes
		for x := range len(out) / 3 {
			r, g, b, _ := decoded.At(x, y).RGBA()
			out[3*x], out[3*x+1], out[3*x+2] = uint8(r>>8), uint8(g>>8), uint8(b>>8)
		}
	}
}

// copyRGB copies pixels of size bytes, with green and blue that far behind red; of 16-bit channels the high byte.
func copyRGB(out, row []byte, size, green, blue int) {
	for len(out) >= 3 {
		out[0], out[1], out[2] = row[0], row[green], row[blue]
		out, row = out[3:], row[size:]
	}
}
