package vision

import (
	"math"
	"testing"

	"github.com/selene-liveness/selene/schemas"
)

// ramp returns a picture whose red grows by 2 per pixel to the right and green by 2 per pixel down, so a pixel's value gives its origin.
func ramp(w, h int) *Image {
	img := &Image{w, h, make([]byte, w*h*3)}
	for y := range h {
		for x := range w {
			img.Pix[(y*w+x)*3], img.Pix[(y*w+x)*3+1], img.Pix[(y*w+x)*3+2] = uint8(2*x), uint8(2*y), 77
		}
	}
	return img
}

// where reads off the place of a crop's pixel in the ramp.
func where(crop []byte, w, x, y int) Point {
	p := crop[(y*w+x)*3:]
	return Point{float32(p[0])/2 + .5, float32(p[1])/2 + .5}
}

func TestCutShiftsTheBoxInside(t *testing.T) {
	img := ramp(120, 100)
	for _, c := range []struct {
		box  Rect
		want Rect // of the window, with 2.7 capped to what fits
	}{
		{Rect{50, 40, 20, 24}, Rect{33, 19.6, 54, 64.8}},
		{Rect{2, 40, 20, 24}, Rect{0, 19.6, 54, 64.8}},
		{Rect{100, 80, 20, 24}, Rect{65, 34.2, 54, 64.8}},
		{Rect{30, 20, 50, 60}, Rect{13.75, .5, 82.5, 99}},
	} {
		got := boxWindow(img, c.box, 2.7)
		if math.Abs(float64(got.X-c.want.X)) > .6 || math.Abs(float64(got.Y-c.want.Y)) > .6 ||
			math.Abs(float64(got.Width-c.want.Width)) > .1 || math.Abs(float64(got.Height-c.want.Height)) > .1 {
			t.Errorf("%v: window %v, want %v", c.box, got, c.want)
		}
		crop := Cut(img, Detection{Box: c.box}, schemas.CropSpec{Kind: schemas.CropBox, Scale: 2.7, Width: 80, Height: 80, Color: "rgb"}, nil)
		if len(crop) != 80*80*3 {
			t.Fatalf("%d bytes", len(crop))
		}
		for i := 2; i < len(crop); i += 3 {
			if crop[i] != 77 {
				t.Fatalf("%v: padded at pixel %d", c.box, i/3)
			}
		}
	}
}

func TestCutSquare(t *testing.T) {
	img := ramp(120, 100)
	d := Detection{Box: Rect{40, 30, 20, 40}}
	crop := Cut(img, d, schemas.CropSpec{Kind: schemas.CropSquare, Scale: 1, Width: 40, Height: 40, Color: "rgb"}, make([]byte, 1))
	if first, last := where(crop, 40, 0, 0), where(crop, 40, 39, 39); distance(first, Point{30.5, 30.5}) > .1 || distance(last, Point{69.5, 69.5}) > .1 {
		t.Errorf("from %v to %v, want 30.5 to 69.5", first, last)
	}
	if crop[2] != 77 {
		t.Error("not rgb")
	}
	swapped := Cut(img, d, schemas.CropSpec{Kind: schemas.CropSquare, Scale: 1, Width: 40, Height: 40, Color: "bgr"}, nil)
	if swapped[0] != 77 || swapped[1] != crop[1] || swapped[2] != crop[0] {
		t.Error("not bgr")
	}
	outside := Cut(img, Detection{Box: Rect{-50, 30, 40, 40}}, schemas.CropSpec{Kind: schemas.CropSquare, Scale: 1, Width: 40, Height: 40, Color: "rgb"}, nil)
	for i, v := range outside {
		if v != 0 {
			t.Fatalf("byte %d outside the picture is %d", i, v)
		}
	}
}

func TestCutLevelsTheEyes(t *testing.T) {
	img := ramp(120, 120)
	// A head tilted by 90 degrees: the line of the eyes runs down.
	d := Detection{Box: Rect{40, 40, 40, 40}, Points: [5]Point{{70, 50}, {70, 70}}}
	crop := Cut(img, d, schemas.CropSpec{Kind: schemas.CropEyes, Scale: 1, Width: 40, Height: 40, Color: "rgb"}, nil)
	if p := where(crop, 40, 0, 0); distance(p, Point{79.5, 40.5}) > .2 {
		t.Errorf("top left comes from %v, want the top right of the box", p)
	}
}

// The template laid on a turned, scaled and shifted copy of itself must come back.
func TestArcFaceTransform(t *testing.T) {
	angle, scale := .4, 1.7
	sin, cos := math.Sincos(angle)
	var points [5]Point
	move := func(p Point) Point {
		x, y := float64(p.X)*scale, float64(p.Y)*scale
		return Point{float32(x*cos-y*sin) + 100, float32(x*sin+y*cos) + 20}
	}
	for i, p := range template112 {
		points[i] = move(p)
	}
	m := arcFace5(points, 112, 112)
	for i, p := range template112 {
		if got := m.apply(p.X, p.Y); distance(got, points[i]) > .01 {
			t.Errorf("point %d lands on %v, want %v", i, got, points[i])
		}
	}
}

// warp, in fixed point, must agree with the formula of bilinear interpolation.
func TestWarpAgainstTheFormula(t *testing.T) {
	img := picture(t, "match/bbt/amy1.png")
	for name, m := range map[string]affine{
		"enlarged": {a: .31, c: 40, e: .27, f: 30},
		"turned":   {.8, -.5, 60, .5, .8, -10},
		"mirrored": {-1.2, 0, 140, 0, 1.2, 3},
		"outside":  {1.9, 0, -60, 0, 1.9, -60},
	} {
		const w, h = 90, 110
		got := make([]byte, w*h*3)
		warp(img, m, w, h, false, false, got)
		for y := range h {
			for x := range w {
				p := m.apply(float32(x)+.5, float32(y)+.5)
				for c := range 3 {
					if want := sampled(img, p, c); math.Abs(want-float64(got[(y*w+x)*3+c])) > 2.5 {
						t.Fatalf("%s: pixel %d,%d from %v is %d, want %.1f", name, x, y, p, got[(y*w+x)*3+c], want)
					}
				}
			}
		}
	}
}

func sampled(img *Image, p Point, c int) float64 {
	if p.X < 0 || p.Y < 0 || p.X >= float32(img.Width) || p.Y >= float32(img.Height) {
		return 0
	}
	at := func(x, y int) float64 {
		return float64(img.Pix[(clamp(y, 0, img.Height-1)*img.Width+clamp(x, 0, img.Width-1))*3+c])
	}
	x, y := float64(p.X)-.5, float64(p.Y)-.5
	x0, y0 := math.Floor(x), math.Floor(y)
	fx, fy := x-x0, y-y0
	i, j := int(x0), int(y0)
	return (at(i, j)*(1-fx)+at(i+1, j)*fx)*(1-fy) + (at(i, j+1)*(1-fx)+at(i+1, j+1)*fx)*fy
}

// A shrunk picture keeps its mean: every pixel counts.
func TestWarpAverages(t *testing.T) {
	img := &Image{600, 600, make([]byte, 600*600*3)}
	for i := range img.Pix {
		if i/3%600%3 == 0 { // every third column is white
			img.Pix[i] = 255
		}
	}
	out := make([]byte, 50*50*3)
	Cut(img, Detection{Box: Rect{0, 0, 600, 600}}, schemas.CropSpec{Kind: schemas.CropSquare, Scale: 1, Width: 50, Height: 50}, out)
	for i, v := range out {
		if v < 84 || v > 86 {
			t.Fatalf("byte %d is %d, want 85", i, v)
		}
	}
}

// The crops for anti-spoofing are sampled, as the networks were trained: black and white stay apart.
func TestCutBoxDoesNotAverage(t *testing.T) {
	img := &Image{601, 601, make([]byte, 601*601*3)}
	for i := range img.Pix {
		if i/3%601%5 < 2 {
			img.Pix[i] = 255
		}
	}
	extreme := 0
	out := Cut(img, Detection{Box: Rect{0, 0, 601, 601}}, schemas.CropSpec{Kind: schemas.CropBox, Scale: 1, Width: 50, Height: 50}, nil)
	for _, v := range out {
		if v < 60 || v > 195 {
			extreme++
		}
	}
	if extreme < len(out)/2 {
		t.Errorf("%d of %d bytes are near black or white; the crop was smoothed", extreme, len(out))
	}
}

// Boxes that no detector should give must not crash.
func TestCutOfInvalidBoxes(t *testing.T) {
	img := ramp(20, 10)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, d := range []Detection{
		{},
		{Box: Rect{1e30, 1e30, 1e30, 1e30}},
		{Box: Rect{nan, nan, nan, nan}},
		{Box: Rect{0, 0, inf, inf}},
		{Box: Rect{5, 5, -3, -3}},
		{Points: [5]Point{{nan, nan}, {inf, 0}}},
	} {
		for _, kind := range []string{schemas.CropBox, schemas.CropSquare, schemas.CropEyes, schemas.CropArcFace5} {
			if n := len(Cut(img, d, schemas.CropSpec{Kind: kind, Scale: 2, Width: 16, Height: 16, Color: "bgr"}, nil)); n != 16*16*3 {
				t.Errorf("%s of %v: %d bytes", kind, d, n)
			}
		}
	}
}
