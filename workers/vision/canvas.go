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

// patch returns the median luma, 0..255, of the 5 x 5 pixels round a place.
func (c *canvas) patch(p Point) float64 {
	const r, n = 2, 25
	var values [n]int
	i := 0
	for y := int(p.Y) - r; y <= int(p.Y)+r; y++ {
		for x := int(p.X) - r; x <= int(p.X)+r; x++ {
			values[i] = c.luma(x, y)
			i++
		}
	}
	slices.Sort(values[:])
	return float64(values[n/2])
}

// medianOf sorts v.
func medianOf(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// logistic maps a measure to a score that is one half at the limit.
func logistic(v, limit, width float64) float32 {
	return float32(1 / (1 + math.Exp((limit-v)/width)))
}
