package vision

import (
	"math"
	"slices"
)

// The canvas is a face laid out so that its parts are always at the same place: the eyes level at a third of the
// height, a fixed distance apart.
const (
	canvasWidth  = 128
	canvasHeight = 160
	canvasEyes   = 48 // distance of the eyes
	canvasMiddle = 48 // height of the eyes
)

type canvas struct {
	rgb    *[]byte
	eyes   Point   // between the eyes, in the picture
	ux, uy float32 // direction from the right to the left eye
	scale  float32 // picture pixels in one of the canvas
}

// newCanvas returns nil if both eyes of the mesh are at the same place.
func newCanvas(img *Image, mesh *[468]Point) *canvas {
	return canvasOn(img, middle(mesh[rightOuter], mesh[rightInner]), middle(mesh[leftInner], mesh[leftOuter]))
}

// canvasOn returns the canvas of a face with these eyes, or nil if they are at the same place.
func canvasOn(img *Image, right, left Point) *canvas {
	apart := distance(right, left)
	if !(apart >= 1) {
		return nil
	}
	c := &canvas{
		rgb: borrowBytes(canvasWidth * canvasHeight * 3), eyes: middle(right, left),
		ux: (left.X - right.X) / apart, uy: (left.Y - right.Y) / apart, scale: apart / canvasEyes,
	}
	m := affine{a: c.ux * c.scale, b: -c.uy * c.scale, d: c.uy * c.scale, e: c.ux * c.scale}
	m.c = c.eyes.X - m.a*canvasWidth/2 - m.b*canvasMiddle
	m.f = c.eyes.Y - m.d*canvasWidth/2 - m.e*canvasMiddle
	warp(img, m, canvasWidth, canvasHeight, false, true, *c.rgb)
	return c
}

func (c *canvas) release() { byteBuffers.Put(c.rgb) }

func middle(a, b Point) Point { return Point{(a.X + b.X) / 2, (a.Y + b.Y) / 2} }

// place maps a point of the picture to the canvas.
func (c *canvas) place(p Point) Point {
	dx, dy := p.X-c.eyes.X, p.Y-c.eyes.Y
	return Point{canvasWidth/2 + (dx*c.ux+dy*c.uy)/c.scale, canvasMiddle + (-dx*c.uy+dy*c.ux)/c.scale}
}

func (c *canvas) pixel(x, y int) []byte {
	i := (clamp(y, 0, canvasHeight-1)*canvasWidth + clamp(x, 0, canvasWidth-1)) * 3
	return (*c.rgb)[i : i+3 : i+3]
}

func (c *canvas) luma(x, y int) int {
	return int(lumaOf(c.pixel(x, y)))
}

// skin is a colour: shares of red and green, and luma 0..255.
type skin struct{ red, green, luma float64 }

// patch returns the median colour of the 5 x 5 pixels round a place.
func (c *canvas) patch(p Point) skin {
	const r, n = 2, 25
	var values [4][n]int
	i := 0
	for y := int(p.Y) - r; y <= int(p.Y)+r; y++ {
		for x := int(p.X) - r; x <= int(p.X)+r; x++ {
			px := c.pixel(x, y)
			values[0][i], values[1][i], values[2][i], values[3][i] = int(px[0]), int(px[1]), int(px[2]), c.luma(x, y)
			i++
		}
	}
	for k := range values {
		slices.Sort(values[k][:])
	}
	red, green, blue := float64(values[0][n/2]), float64(values[1][n/2]), float64(values[2][n/2])
	sum := red + green + blue + 12 // so that noise in dark pixels has no colour
	return skin{red / sum, green / sum, float64(values[3][n/2])}
}

// medianSkin returns the median of each component.
func medianSkin(of ...skin) skin {
	var red, green, luma [8]float64
	for i, s := range of {
		red[i], green[i], luma[i] = s.red, s.green, s.luma
	}
	n := len(of)
	return skin{medianOf(red[:n]), medianOf(green[:n]), medianOf(luma[:n])}
}

func medianOf(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// unlike returns how far a colour is from that of the skin: in hue, and in brightness beyond the effect of shadows.
func (s skin) unlike(ref skin) float64 {
	hue := math.Abs(s.red-ref.red) + math.Abs(s.green-ref.green)
	return hue + 0.05*max(0, math.Abs(math.Log((s.luma+4)/(ref.luma+4)))-0.5)
}

// logistic maps a measure to a score that is one half at the limit.
func logistic(v, limit, width float64) float32 {
	return float32(1 / (1 + math.Exp((limit-v)/width)))
}
