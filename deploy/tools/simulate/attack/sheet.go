package attack

import (
	"cmp"
	"math"
	"slices"

	"github.com/selene-liveness/selene/workers/vision"
)

// sheet is a surface of triangles that carries a piece of a picture.
type sheet struct {
	rest  []point // where the points are in the picture that the sheet carries
	faces [][3]int
}

// draw paints the sheet with its points moved to at, the farthest triangles first. alpha is the opacity of each pixel of
// the picture carried, or nil.
func (s *sheet) draw(src *vision.Image, alpha []byte, at []point, dst *vision.Image) {
	order := make([]int, len(s.faces))
	depth := make([]float64, len(s.faces))
	for i, f := range s.faces {
		order[i] = i
		depth[i] = at[f[0]].Z + at[f[1]].Z + at[f[2]].Z
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(depth[b], depth[a]), cmp.Compare(a, b)) })
	for _, i := range order {
		f := s.faces[i]
		triangle(src, alpha, [3]point{s.rest[f[0]], s.rest[f[1]], s.rest[f[2]]}, [3]point{at[f[0]], at[f[1]], at[f[2]]}, dst)
	}
}

// triangle paints the part of src inside from on the part of dst inside to.
func triangle(src *vision.Image, alpha []byte, from, to [3]point, dst *vision.Image) {
	area := (to[1].X-to[0].X)*(to[2].Y-to[0].Y) - (to[2].X-to[0].X)*(to[1].Y-to[0].Y)
	if math.Abs(area) < 1e-6 {
		return
	}
	x0, x1 := span(to[0].X, to[1].X, to[2].X, dst.Width)
	y0, y1 := span(to[0].Y, to[1].Y, to[2].Y, dst.Height)
	const edge = 1e-4 // so that no pixel between two triangles stays empty
	for y := y0; y < y1; y++ {
		py := float64(y) + 0.5
		for x := x0; x < x1; x++ {
			px := float64(x) + 0.5
			b := ((px-to[0].X)*(to[2].Y-to[0].Y) - (to[2].X-to[0].X)*(py-to[0].Y)) / area
			c := ((to[1].X-to[0].X)*(py-to[0].Y) - (px-to[0].X)*(to[1].Y-to[0].Y)) / area
			a := 1 - b - c
			if a < -edge || b < -edge || c < -edge {
				continue
			}
			u := a*from[0].X + b*from[1].X + c*from[2].X
			v := a*from[0].Y + b*from[1].Y + c*from[2].Y
			red, green, blue := sample(src, u, v)
			k := (y*dst.Width + x) * 3
			if alpha != nil {
				i := min(max(int(v), 0), src.Height-1)*src.Width + min(max(int(u), 0), src.Width-1)
				f := float64(alpha[i]) / 255
				mix := func(k int, v float64) byte { return level(v*f + float64(dst.Pix[k])*(1-f)) }
				dst.Pix[k], dst.Pix[k+1], dst.Pix[k+2] = mix(k, red), mix(k+1, green), mix(k+2, blue)
				continue
			}
			dst.Pix[k], dst.Pix[k+1], dst.Pix[k+2] = level(red), level(green), level(blue)
		}
	}
}

// span returns the pixels that three coordinates enclose.
func span(a, b, c float64, size int) (first, end int) {
	return max(int(math.Floor(min(a, b, c)-0.5)), 0), min(int(math.Ceil(max(a, b, c)+0.5)), size)
}
