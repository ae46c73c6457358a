package stitch

import "math"

// placement is the position of a picture on the canvas.
type placement struct {
	// width and height of the picture before it is rotated.
	width, height int
	rotate        int
	flip          string
	// x, y, w and h are the rectangle that it fills once rotated.
	x, y, w, h int
}

// turned returns the size of a picture after rotation: a quarter turn swaps the sides.
func turned(rotate, w, h int) (int, int) {
	if rotate == 90 || rotate == 270 {
		return h, w
	}
	return w, h
}

// point maps a point of the picture to the canvas.
func (p placement) point(x, y float32) (cx, cy float64) {
	u, v := float64(x)/float64(p.width), float64(y)/float64(p.height)
	switch p.rotate {
	case 90:
		u, v = 1-v, u
	case 180:
		u, v = 1-u, 1-v
	case 270:
		u, v = v, 1-u
	}
	switch p.flip {
	case FlipHorizontal:
		u = 1 - u
	case FlipVertical:
		v = 1 - v
	}
	return float64(p.x) + u*float64(p.w), float64(p.y) + v*float64(p.h)
}

// box maps a box of the picture to the canvas: x, y, width and height in whole pixels. ok is false
// for a box that is empty or far outside.
func (p placement) box(b Box) (rectangle [4]int32, ok bool) {
	x0, y0 := p.point(b.X, b.Y)
	x1, y1 := p.point(b.X+b.Width, b.Y+b.Height)
	// Sides that far outside are never visible.
	const far = 4 * maxSide
	for _, v := range []float64{x0, y0, x1, y1} {
		if math.IsNaN(v) || v < -far || v > far {
			return [4]int32{}, false
		}
	}
	left, top := math.Round(min(x0, x1)), math.Round(min(y0, y1))
	right, bottom := math.Round(max(x0, x1)), math.Round(max(y0, y1))
	return [4]int32{int32(left), int32(top), int32(right - left), int32(bottom - top)}, right > left && bottom > top
}
