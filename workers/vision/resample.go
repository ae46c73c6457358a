package vision

import (
	"math"
	"sync"
)

// affine maps a place in a crop to a place in the picture: x' = a*x + b*y + c, y' = d*x + e*y + f.
// Pixel i covers i..i+1 on both sides.
type affine struct{ a, b, c, d, e, f float32 }

func (m affine) apply(x, y float32) Point { return Point{m.a*x + m.b*y + m.c, m.d*x + m.e*y + m.f} }

// step returns the number of picture pixels that one crop pixel spans.
func (m affine) step() float32 {
	return float32(math.Sqrt(math.Abs(float64(m.a*m.e - m.b*m.d))))
}

// byteBuffers holds scratch pictures between calls.
var byteBuffers = sync.Pool{New: func() any { return new([]byte) }}

// sumBuffers holds rows of sums.
var sumBuffers = sync.Pool{New: func() any { return new([]uint32) }}

func borrowBytes(n int) *[]byte {
	b := byteBuffers.Get().(*[]byte)
	if cap(*b) < n {
		*b = make([]byte, n)
	}
	*b = (*b)[:n]
	return b
}

// warp cuts a w x h crop out of img, bilinear, black outside the picture. With smooth set, a crop that shrinks the
// picture twice or more averages all pixels it covers, so that no pixel is skipped.
func warp(img *Image, m affine, w, h int, swap, smooth bool, dst []byte) {
	if n := int(m.step()); smooth && n >= 2 {
		if x0, y0, x1, y1, ok := footprint(img, m, w, h, n); ok {
			buf := borrowBytes(((x1 - x0) / n) * ((y1 - y0) / n) * 3)
			defer byteBuffers.Put(buf)
			small := Image{(x1 - x0) / n, (y1 - y0) / n, *buf}
			shrink(img, x0, y0, n, &small)
			s := 1 / float32(n)
			m = affine{m.a * s, m.b * s, (m.c - float32(x0)) * s, m.d * s, m.e * s, (m.f - float32(y0)) * s}
			bilinear(&small, m, w, h, swap, dst)
			return
		}
	}
	bilinear(img, m, w, h, swap, dst)
}

// footprint returns the part of the picture under a crop, with whole blocks of n x n pixels.
func footprint(img *Image, m affine, w, h, n int) (x0, y0, x1, y1 int, ok bool) {
	lo, hi := Point{math.MaxFloat32, math.MaxFloat32}, Point{-math.MaxFloat32, -math.MaxFloat32}
	for _, q := range [4]Point{m.apply(0, 0), m.apply(float32(w), 0), m.apply(0, float32(h)), m.apply(float32(w), float32(h))} {
		lo, hi = Point{min(lo.X, q.X), min(lo.Y, q.Y)}, Point{max(hi.X, q.X), max(hi.Y, q.Y)}
	}
	x0, y0 = clamp(int(lo.X)-n, 0, img.Width), clamp(int(lo.Y)-n, 0, img.Height)
	x1, y1 = clamp(int(hi.X)+2*n, 0, img.Width), clamp(int(hi.Y)+2*n, 0, img.Height)
	x1, y1 = x0+(x1-x0)/n*n, y0+(y1-y0)/n*n
	return x0, y0, x1, y1, x1 > x0 && y1 > y0
}

func clamp(v, lo, hi int) int { return max(lo, min(v, hi)) }

// shrink averages blocks of n x n pixels from x0, y0 on into dst.
func shrink(img *Image, x0, y0, n int, dst *Image) {
	buf := sumBuffers.Get().(*[]uint32)
	defer sumBuffers.Put(buf)
	if cap(*buf) < dst.Width*3 {
		*buf = make([]uint32, dst.Width*3)
	}
	sums := (*buf)[:dst.Width*3]
	// Multiplying by the reciprocal is exact enough: the error stays below half a step for blocks up to 181 x 181.
	factor := uint64(1<<32) / uint64(n*n)
	for y := range dst.Height {
		clear(sums)
		for j := range n {
			start := ((y0+y*n+j)*img.Width + x0) * 3
			row := img.Pix[start : start+dst.Width*n*3]
			if n == 2 {
				addPairs(sums, row)
			} else {
				addBlocks(sums, row, n)
			}
		}
		out := dst.Pix[y*dst.Width*3:][:len(sums)]
		for i, s := range sums {
			out[i] = uint8((uint64(s)*factor + 1<<31) >> 32)
		}
	}
}

func addPairs(sums []uint32, row []byte) {
	for i := 0; i+3 <= len(sums) && len(row) >= 6; i += 3 {
		r := row[:6:6]
		s := sums[i : i+3 : i+3]
		s[0] += uint32(r[0]) + uint32(r[3])
		s[1] += uint32(r[1]) + uint32(r[4])
		s[2] += uint32(r[2]) + uint32(r[5])
		row = row[6:]
	}
}

func addBlocks(sums []uint32, row []byte, n int) {
	for i := 0; i+3 <= len(sums); i += 3 {
		var r, g, b uint32
		block := row[:n*3]
		row = row[n*3:]
		for len(block) >= 3 {
			r += uint32(block[0])
			g += uint32(block[1])
			b += uint32(block[2])
			block = block[3:]
		}
		s := sums[i : i+3 : i+3]
		s[0] += r
		s[1] += g
		s[2] += b
	}
}

const one = 1 << 16 // coordinates have 16 bits after the point

// bilinear samples w x h places of the picture into dst, interleaved; swap exchanges red and blue.
func bilinear(img *Image, m affine, w, h int, swap bool, dst []byte) {
	dst = dst[:w*h*3]
	stride := img.Width * 3
	pix := img.Pix[:img.Height*stride]
	first, last := 0, 2
	if swap {
		first, last = 2, 0
	}
	du, dv := fixed(m.a), fixed(m.d)
	for y := range h {
		q := m.apply(.5, float32(y)+.5)
		u, v := fixed(q.X-.5), fixed(q.Y-.5)
		row := dst[y*w*3:][:w*3]
		lo, hi := inside(u, du, (img.Width-1)*one, w)
		lo2, hi2 := inside(v, dv, (img.Height-1)*one, w)
		lo, hi = max(lo, lo2), min(hi, hi2)
		if lo >= hi {
			lo, hi = w, w
		}
		for x := range lo {
			edge(img, u+x*du, v+x*dv, first, last, row[x*3:])
		}
		uu, vv := u+lo*du, v+lo*dv
		for out := row[lo*3 : hi*3]; len(out) >= 3; out = out[3:] {
			at := (vv>>16)*stride + (uu>>16)*3
			p, r := pix[at:at+6:at+6], pix[at+stride:at+stride+6:at+stride+6]
			fx, fy := uint32(uu>>8)&255, uint32(vv>>8)&255
			gx, gy := 256-fx, 256-fy
			w00, w01, w10, w11 := gx*gy, fx*gy, gx*fy, fx*fy
			out[first] = uint8((uint32(p[0])*w00 + uint32(p[3])*w01 + uint32(r[0])*w10 + uint32(r[3])*w11 + 1<<15) >> 16)
			out[1] = uint8((uint32(p[1])*w00 + uint32(p[4])*w01 + uint32(r[1])*w10 + uint32(r[4])*w11 + 1<<15) >> 16)
			out[last] = uint8((uint32(p[2])*w00 + uint32(p[5])*w01 + uint32(r[2])*w10 + uint32(r[5])*w11 + 1<<15) >> 16)
			uu += du
			vv += dv
		}
		for x := hi; x < w; x++ {
			edge(img, u+x*du, v+x*dv, first, last, row[x*3:])
		}
	}
}

func fixed(v float32) int { return int(math.Round(float64(v) * one)) }

// inside returns the run of i in 0..n for which 0 <= u + i*du < limit.
func inside(u, du, limit, n int) (lo, hi int) {
	switch {
	case du == 0 && u >= 0 && u < limit:
		return 0, n
	case du == 0:
		return 0, 0
	case du > 0:
		lo, hi = ceilDiv(-u, du), ceilDiv(limit-u, du)
	default:
		lo, hi = ceilDiv(u-limit+1, -du), ceilDiv(u+1, -du)
	}
	return clamp(lo, 0, n), clamp(hi, 0, n)
}

func ceilDiv(a, b int) int {
	q := a / b
	if a%b > 0 {
		q++
	}
	return q
}

// edge samples one place at the border, where neighbours are missing, or outside, which is black.
func edge(img *Image, u, v, first, last int, out []byte) {
	out = out[:3]
	if u < -one/2 || v < -one/2 || u >= img.Width*one-one/2 || v >= img.Height*one-one/2 {
		out[0], out[1], out[2] = 0, 0, 0
		return
	}
	u, v = clamp(u, 0, (img.Width-1)*one), clamp(v, 0, (img.Height-1)*one)
	x0, y0 := u>>16, v>>16
	x1, y1 := min(x0+1, img.Width-1), min(y0+1, img.Height-1)
	fx, fy := uint32(u>>8)&255, uint32(v>>8)&255
	at := func(x, y, c int) uint32 { return uint32(img.Pix[(y*img.Width+x)*3+c]) }
	for c, o := range [3]int{first, 1, last} {
		top := at(x0, y0, c)*(256-fx) + at(x1, y0, c)*fx
		low := at(x0, y1, c)*(256-fx) + at(x1, y1, c)*fx
		out[o] = uint8((top*(256-fy) + low*fy + 1<<15) >> 16)
	}
}

// inputTable maps a channel value to the input of the network.
func (s *roleSpec) inputTable() (t [3][256]float32) {
	for c := range t {
		scale := s.Scale[c]
		for v := range t[c] {
			t[c][v] = (float32(v) - s.Mean[c]) / scale
		}
	}
	return t
}

// fill copies an interleaved crop over the three planes of an input tensor.
func (m *model) fill(in []float32, crop []byte) {
	n := len(crop) / 3
	p0, p1, p2 := in[:n], in[n:2*n], in[2*n:3*n]
	t0, t1, t2 := &m.table[0], &m.table[1], &m.table[2]
	for i := range p0 {
		c := crop[i*3 : i*3+3 : i*3+3]
		p0[i], p1[i], p2[i] = t0[c[0]], t1[c[1]], t2[c[2]]
	}
}

// fillLast is like fill for networks with channels last.
func (m *model) fillLast(in []float32, crop []byte) {
	for i, v := range crop {
		in[i] = m.table[i%3][v]
	}
}
