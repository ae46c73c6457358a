package vision

import (
	"math"

	"github.com/selene-liveness/selene/schemas"
)

// Cut cuts the crop out of the picture into dst, which grows when it is too short, and returns it:
// Width*Height*3 bytes, interleaved, rows from the top.
func Cut(img *Image, d Detection, spec schemas.CropSpec, dst []byte) []byte {
	n := spec.Width * spec.Height * 3
	if cap(dst) < n {
		dst = make([]byte, n)
	}
	dst = dst[:n]
	cut(img, transform(spec, img, d), spec, dst)
	return dst
}

func cut(img *Image, m affine, spec schemas.CropSpec, dst []byte) {
	// The anti-spoofing networks were trained on plain bilinear crops, and smoothing hides the traces that they detect.
	warp(img, m, spec.Width, spec.Height, spec.Color == "bgr", spec.Kind != schemas.CropBox, dst)
}

func transform(spec schemas.CropSpec, img *Image, d Detection) affine {
	w, h := float32(spec.Width), float32(spec.Height)
	switch spec.Kind {
	case schemas.CropBox:
		r := boxWindow(img, d.Box, spec.Scale)
		return affine{r.Width / w, 0, r.X, 0, r.Height / h, r.Y}
	case schemas.CropArcFace5:
		return arcFace5(d.Points, w, h)
	case schemas.CropEyes:
		return squareAround(d.Box.Center(), max(d.Box.Width, d.Box.Height)*spec.Scale, eyeAngle(d.Points[0], d.Points[1]), w, h)
	default:
		return squareAround(d.Box.Center(), max(d.Box.Width, d.Box.Height)*spec.Scale, 0, w, h)
	}
}

// boxWindow returns the window that Silent-Face-Anti-Spoofing (Minivision, 2020) uses.
func boxWindow(img *Image, box Rect, scale float32) Rect {
	iw, ih := float32(img.Width), float32(img.Height)
	scale = min((ih-1)/max(box.Height, 1), (iw-1)/max(box.Width, 1), scale)
	w, h := max(box.Width, 1)*scale, max(box.Height, 1)*scale
	c := box.Center()
	x := max(0, min(c.X-w/2, iw-1-w))
	y := max(0, min(c.Y-h/2, ih-1-h))
	return Rect{x, y, w, h}
}

// eyeAngle returns the angle of the line from the right to the left eye, in radians.
func eyeAngle(right, left Point) float64 {
	return math.Atan2(float64(left.Y-right.Y), float64(left.X-right.X))
}

// squareAround maps a w x h crop onto a square of the picture, turned by angle.
func squareAround(c Point, side float32, angle float64, w, h float32) affine {
	sin, cos := math.Sincos(angle)
	sx, sy := max(side, 1)/w, max(side, 1)/h
	m := affine{a: float32(cos) * sx, b: -float32(sin) * sy, d: float32(sin) * sx, e: float32(cos) * sy}
	m.c = c.X - m.a*w/2 - m.b*h/2
	m.f = c.Y - m.d*w/2 - m.e*h/2
	return m
}

// template112 holds the places of the five points in a crop of 112 x 112 pixels (ArcFace).
var template112 = [5]Point{{38.2946, 51.6963}, {73.5318, 51.5014}, {56.0252, 71.7366}, {41.5493, 92.3655}, {70.7299, 92.2041}}

// arcFace5 returns the similarity transform that maps the template onto the points with the least squared error
// (Umeyama, 1991; in the plane and without mirroring it has this closed form).
func arcFace5(points [5]Point, w, h float32) affine {
	var mt, mp Point
	for i, p := range points {
		mt.X += template112[i].X / 5
		mt.Y += template112[i].Y / 5
		mp.X += p.X / 5
		mp.Y += p.Y / 5
	}
	var dot, cross, norm float32
	for i, p := range points {
		tx, ty := template112[i].X-mt.X, template112[i].Y-mt.Y
		px, py := p.X-mp.X, p.Y-mp.Y
		dot += tx*px + ty*py
		cross += tx*py - ty*px
		norm += tx*tx + ty*ty
	}
	cos, sin := dot/norm, cross/norm
	kx, ky := 112/w, 112/h
	m := affine{a: cos * kx, b: -sin * ky, d: sin * kx, e: cos * ky}
	m.c = mp.X - cos*mt.X + sin*mt.Y
	m.f = mp.Y - sin*mt.X - cos*mt.Y
	return m
}
