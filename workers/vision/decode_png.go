package vision

import (
	"bytes"
	"image"
	"image/png"
)

// decodePNG decodes through image/png: FFmpeg takes as long, and fills rows that are missing with what was in memory.
func decodePNG(data []byte, img *Image) error {
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	b := decoded.Bounds()
	img.resize(b.Dx(), b.Dy())
	switch p := decoded.(type) {
	case *image.RGBA: // the kind for pictures without transparency
		copyRGB(img, p.Pix, p.Stride, 4, 1, 2)
	case *image.NRGBA:
		copyRGB(img, p.Pix, p.Stride, 4, 1, 2)
	case *image.Gray:
		copyRGB(img, p.Pix, p.Stride, 1, 0, 0)
	case *image.Gray16:
		copyRGB(img, p.Pix, p.Stride, 2, 0, 0)
	case *image.RGBA64:
		copyRGB(img, p.Pix, p.Stride, 8, 2, 4)
	case *image.NRGBA64:
		copyRGB(img, p.Pix, p.Stride, 8, 2, 4)
	default: // palettes
		at := 0
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				r, g, bl, _ := decoded.At(x, y).RGBA()
				img.Pix[at], img.Pix[at+1], img.Pix[at+2] = uint8(r>>8), uint8(g>>8), uint8(bl>>8)
				at += 3
			}
		}
	}
	return nil
}

// copyRGB copies pixels of size bytes, with green and blue that far behind red; of 16-bit channels the high byte.
func copyRGB(img *Image, pix []byte, stride, size, green, blue int) {
	out := img.Pix
	for y := range img.Height {
		row := pix[y*stride:][:img.Width*size]
		for ; len(row) >= size; row = row[size:] {
			out[0], out[1], out[2] = row[0], row[green], row[blue]
			out = out[3:]
		}
	}
}
