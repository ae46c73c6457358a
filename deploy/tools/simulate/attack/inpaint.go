package attack

import "github.com/selene-liveness/selene/workers/vision"

// inpaint fills the places of a mask from those around it: averages over ever larger squares (the pull-push of Gortler,
// Grzeszczuk, Szeliski and Cohen, 1996).
func inpaint(img *vision.Image, mask []byte) vision.Image {
	l := &layer{img.Width, img.Height, make([]float32, len(img.Pix)), make([]float32, len(mask))}
	for i, m := range mask {
		if m == 0 {
			l.weight[i] = 1
		}
		for c := range 3 {
			l.color[i*3+c] = float32(img.Pix[i*3+c]) * l.weight[i]
		}
	}
	l.fill()
	out := blank(img.Width, img.Height)
	for i, v := range l.color {
		f := float64(mask[i/3]) / 255
		out.Pix[i] = level(float64(v)*f + float64(img.Pix[i])*(1-f))
	}
	return out
}

// layer holds colours times their weight, 0..1.
type layer struct {
	w, h          int
	color, weight []float32
}

// fill leaves every pixel with weight 1.
func (l *layer) fill() {
	if l.w <= 1 && l.h <= 1 {
		return
	}
	half := &layer{w: (l.w + 1) / 2, h: (l.h + 1) / 2}
	half.color, half.weight = make([]float32, half.w*half.h*3), make([]float32, half.w*half.h)
	for y := range l.h {
		for x := range l.w {
			i, j := y*l.w+x, y/2*half.w+x/2
			half.weight[j] += l.weight[i]
			for c := range 3 {
				half.color[j*3+c] += l.color[i*3+c]
			}
		}
	}
	for j, w := range half.weight {
		if w > 1 {
			half.weight[j] = 1
			for c := range 3 {
				half.color[j*3+c] /= w
			}
		}
	}
	half.fill()
	for y := range l.h {
		for x := range l.w {
			i := y*l.w + x
			rest := 1 - l.weight[i]
			if rest <= 0 {
				continue
			}
			for c := range 3 {
				l.color[i*3+c] += rest * half.between(float32(x)/2-0.25, float32(y)/2-0.25, c)
			}
			l.weight[i] = 1
		}
	}
}

// between reads a place between the centres of four pixels.
func (l *layer) between(x, y float32, c int) float32 {
	x, y = min(max(x, 0), float32(l.w-1)), min(max(y, 0), float32(l.h-1))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, l.w-1), min(y0+1, l.h-1)
	fx, fy := x-float32(x0), y-float32(y0)
	at := func(x, y int) float32 { return l.color[(y*l.w+x)*3+c] }
	return (at(x0, y0)*(1-fx)+at(x1, y0)*fx)*(1-fy) + (at(x0, y1)*(1-fx)+at(x1, y1)*fx)*fy
}
