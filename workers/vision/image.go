package vision

// Image is a picture as packed RGB, 8 bits a channel: Pix holds Width*Height*3 bytes, rows from the top, no padding.
type Image struct {
	Width, Height int
	Pix           []byte
}

// keptPixels is the size of the pictures whose buffers are kept for the next: those of cameras, up to 1920 x 1080. The few larger ones
// would leave each of many buffers at the size of the largest picture that ever came.
const keptPixels = 1 << 21

// Release ends the use of the pixels. They are kept for the next picture, unless there are very many.
func (img *Image) Release() {
	if cap(img.Pix) > 3*keptPixels {
		*img = Image{}
	}
}

// lumaOf returns the grey level of the pixel that rgb begins with (BT.601).
func lumaOf(rgb []byte) uint8 {
	p := rgb[:3:3]
	return uint8((19595*uint32(p[0]) + 38470*uint32(p[1]) + 7471*uint32(p[2]) + 1<<15) >> 16)
}

// Point is a place in a picture, in pixels from the top left corner.
type Point struct{ X, Y float32 }

// Rect is a rectangle in a picture, in pixels. It may extend beyond the edges.
type Rect struct{ X, Y, Width, Height float32 }

// Center returns the middle of the rectangle.
func (r Rect) Center() Point { return Point{r.X + r.Width/2, r.Y + r.Height/2} }

// Detection is one found face.
type Detection struct {
	Box   Rect
	Score float32 // 0..1
	// Points are the subject's right eye, left eye, nose tip, right and left mouth corner. The subject's right is
	// on the left of a picture that is not mirrored.
	Points [5]Point
}

func (r Rect) overlap(o Rect) float32 {
	w := min(r.X+r.Width, o.X+o.Width) - max(r.X, o.X)
	h := min(r.Y+r.Height, o.Y+o.Height) - max(r.Y, o.Y)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / (r.Width*r.Height + o.Width*o.Height - w*h)
}

// resize sets the size of the picture; its pixels are undefined until they are written.
func (img *Image) resize(w, h int) {
	if n := w * h * 3; cap(img.Pix) < n {
		img.Pix = make([]byte, n)
	} else {
		img.Pix = img.Pix[:n]
	}
	img.Width, img.Height = w, h
}
