package decode

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"

	"github.com/asticode/go-astiav"
)

// decodePNG decodes with image/png: FFmpeg takes as long, and fills rows that are missing with old memory.
func decodePNG(data []byte, dst *astiav.Frame) error {
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	if err := checkPalette(data, decoded); err != nil {
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

// checkPalette refuses pixels beyond the end of the palette, which some viewers show in black and others in another colour.
func checkPalette(data []byte, decoded image.Image) error {
	p, ok := decoded.(*image.Paletted)
	if !ok {
		return nil
	}
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return err
	}
	if colors, ok := c.ColorModel.(color.Palette); !ok || len(p.Palette) > len(colors) {
		return errors.New("pixels beyond the end of the palette")
	}
	return nil
}

// writeRow writes row y as RGB.
func writeRow(out []byte, decoded image.Image, y int) {
	switch p := decoded.(type) {
	case *image.RGBA: // without transparency
		copyRGB(out, p.Pix[y*p.Stride:], 4, 1, 2)
	case *image.NRGBA:
		copyOnWhite(out, p.Pix[y*p.Stride:], 4, 1)
	case *image.Gray:
		copyRGB(out, p.Pix[y*p.Stride:], 1, 0, 0)
	case *image.Gray16:
		copyRGB(out, p.Pix[y*p.Stride:], 2, 0, 0)
	case *image.RGBA64:
		copyRGB(out, p.Pix[y*p.Stride:], 8, 2, 4)
	case *image.NRGBA64:
		copyOnWhite(out, p.Pix[y*p.Stride:], 8, 2)
	default: // palettes
		for x := range len(out) / 3 {
			r, g, b, a := decoded.At(x, y).RGBA()
			white := 0xffff - a
			out[3*x], out[3*x+1], out[3*x+2] = uint8((r+white)>>8), uint8((g+white)>>8), uint8((b+white)>>8)
		}
	}
}

// copyOnWhite copies pixels of size bytes, in channels of so many, laid on white as far as their alpha says.
func copyOnWhite(out, row []byte, size, channel int) {
	for ; len(out) >= 3; out, row = out[3:], row[size:] {
		alpha := int(row[3*channel])
		if alpha == 0xff {
			out[0], out[1], out[2] = row[0], row[channel], row[2*channel]
			continue
		}
		for i := range 3 {
			out[i] = byte((int(row[i*channel])*alpha + 0xff*(0xff-alpha) + 0x7f) / 0xff)
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
