package attack

import (
	"math"
	"slices"

	"github.com/selene-liveness/selene/workers/vision"
)

func blank(w, h int) vision.Image { return vision.Image{Width: w, Height: h, Pix: make([]byte, w*h*3)} }

func clone(img *vision.Image) vision.Image {
	return vision.Image{Width: img.Width, Height: img.Height, Pix: slices.Clone(img.Pix)}
}

// sample reads a place of the picture, bilinear, with the edge repeated outside. Pixel i covers i..i+1.
func sample(img *vision.Image, x, y float64) (r, g, b float64) {
	x, y = min(max(x-0.5, 0), float64(img.Width-1)), min(max(y-0.5, 0), float64(img.Height-1))
	x0, y0 := int(x), int(y)
	fx, fy := x-float64(x0), y-float64(y0)
	i := (y0*img.Width + x0) * 3
	right, down := 3, img.Width*3
	if x0+1 >= img.Width {
		right = 0
	}
	if y0+1 >= img.Height {
		down = 0
	}
	p := img.Pix
	a, bb, c, d := (1-fx)*(1-fy), fx*(1-fy), (1-fx)*fy, fx*fy
	at := func(k int) float64 {
		return a*float64(p[i+k]) + bb*float64(p[i+right+k]) + c*float64(p[i+down+k]) + d*float64(p[i+down+right+k])
	}
	return at(0), at(1), at(2)
}

func level(v float64) byte { return byte(min(max(v+0.5, 0), 255)) }

// resample fills dst from the places of src that from names, averaging over step x step pixels where that is above 1.
func resample(src, dst *vision.Image, from func(x, y float64) (float64, float64), step float64) {
	n := max(1, int(math.Ceil(step)))
	for y := range dst.Height {
		for x := range dst.Width {
			var r, g, b float64
			for j := range n {
				for i := range n {
					u, v := from(float64(x)+(float64(i)+0.5)/float64(n), float64(y)+(float64(j)+0.5)/float64(n))
					r1, g1, b1 := sample(src, u, v)
					r, g, b = r+r1, g+g1, b+b1
				}
			}
			k, f := (y*dst.Width+x)*3, 1/float64(n*n)
			dst.Pix[k], dst.Pix[k+1], dst.Pix[k+2] = level(r*f), level(g*f), level(b*f)
		}
	}
}
