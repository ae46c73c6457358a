package stitch

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

// A marked picture carries its number as a grid of markCols x markRows black and white blocks over its whole area,
// lowest bit first, so that the number survives scaling and compression. The last two blocks are always white and black.
const (
	markCols = 4
	markRows = 3
	markBits = markCols*markRows - 2
)

func markedImage(number, w, h int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	bits := number&(1<<markBits-1) | 1<<markBits
	for y := range h {
		for x := range w {
			if bits>>(y*markRows/h*markCols+x*markCols/w)&1 == 1 {
				img.SetGray(x, y, color.Gray{Y: 235})
			} else {
				img.SetGray(x, y, color.Gray{Y: 20})
			}
		}
	}
	return img
}

// readMark reads the number of a marked picture that fills r of a luma plane, or -1 when there is no mark.
func readMark(luma []byte, stride int, r image.Rectangle) int {
	number := 0
	for i := range markCols * markRows {
		x := r.Min.X + (2*(i%markCols)+1)*r.Dx()/(2*markCols)
		y := r.Min.Y + (2*(i/markCols)+1)*r.Dy()/(2*markRows)
		if luma[y*stride+x] > 128 {
			number |= 1 << i
		}
	}
	if number>>markBits != 1 {
		return -1
	}
	return number & (1<<markBits - 1)
}

func jpegOf(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: 90}); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

func pngOf(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

// colourOf returns the marked picture with three channels, so that its JPEG has chroma planes.
func colourOf(g *image.Gray) image.Image {
	rgba := image.NewRGBA(g.Bounds())
	for i, v := range g.Pix {
		rgba.Pix[4*i], rgba.Pix[4*i+1], rgba.Pix[4*i+2], rgba.Pix[4*i+3] = v, v, v, 255
	}
	return rgba
}

// marked returns the JPEG of a marked picture in colour.
func marked(tb testing.TB, number, w, h int) []byte {
	tb.Helper()
	return jpegOf(tb, colourOf(markedImage(number, w, h)))
}
