package vision

import "slices"

// sureScore separates the scores of false detections such as shirts and lamps, up to 0.70, from those of visible faces, from
// 0.75.
const sureScore = 0.75

// yunet reads YuNet (Wu, Peng, Yu: "YuNet: A Tiny Millisecond-level Face Detector", 2023): three grids with class,
// objectness, box and five points for each cell.
//
// It runs at half the size first, which takes a quarter of the time and finds faces down to a thirtieth of the picture's
// longer side, and at the full size only if it found nothing or is unsure of a detection: false detections rarely get the
// same score at both sizes.
func (m *model) yunet(img *Image, dst []Detection) ([]Detection, error) {
	for _, side := range [2]int{m.spec.MaxSide / 2, m.spec.MaxSide} {
		dst = dst[:0]
		w, h := yunetSize(img, roundUp32(side))
		zoom := min(1, float32(max(img.Width, img.Height))/float32(max(w, h)))
		err := m.see(img, w, h, zoom, func(t *tensors, back affine) {
			for _, stride := range [3]int{8, 16, 32} {
				dst = readYuNet(t, w, h, stride, m.spec.Threshold, back, dst)
			}
		})
		dst = suppress(dst)
		unsure := slices.ContainsFunc(dst, func(d Detection) bool { return d.Score < sureScore })
		if err != nil || (len(dst) > 0 && !unsure) {
			return dst, err
		}
	}
	return dst, nil
}

// yunetSize returns one of few shapes, which bounds the number of pooled tensors regardless of what clients send. Pictures are
// not enlarged: YuNet misses faces that fill the whole input.
func yunetSize(img *Image, side int) (w, h int) {
	long, short := max(img.Width, img.Height), min(img.Width, img.Height)
	for _, smaller := range [3]int{side / 4, side / 2, side * 3 / 4} {
		if smaller = roundUp32(smaller); long <= smaller {
			side = smaller
			break
		}
	}
	across := side
	for _, s := range [2]int{roundUp32(side * 3 / 5), roundUp32(side * 3 / 4)} {
		if short*side <= s*max(long, side) {
			across = s
			break
		}
	}
	if img.Width >= img.Height {
		return side, across
	}
	return across, side
}

func roundUp32(v int) int { return (v + 31) / 32 * 32 }

// readYuNet reads the outputs of one stride, found by shape: [1, cells, 1] twice (class and objectness, of which only
// the product counts), [1, cells, 4] and [1, cells, 10].
func readYuNet(t *tensors, w, h, stride int, threshold float32, back affine, dst []Detection) []Detection {
	cols, cells := w/stride, (w/stride)*(h/stride)
	var class, object, boxes, points []float32
	for i, o := range t.out {
		if len(t.dims[i]) != 3 || t.dims[i][1] != int64(cells) {
			continue
		}
		switch t.dims[i][2] {
		case 1:
			class, object = o, class
		case 4:
			boxes = o
		case 10:
			points = o
		}
	}
	if object == nil || boxes == nil || points == nil {
		return dst
	}
	s := float32(stride)
	for i := range cells {
		score2 := clamp01(class[i]) * clamp01(object[i])
		if !(score2 >= threshold*threshold) {
			continue
		}
		col, row := float32(i%cols), float32(i/cols)
		b, k := boxes[i*4:i*4+4], points[i*10:i*10+10]
		bw, bh := exp(b[2])*s*back.a, exp(b[3])*s*back.e
		c := back.apply((col+b[0])*s, (row+b[1])*s)
		d := Detection{Box: Rect{c.X - bw/2, c.Y - bh/2, bw, bh}, Score: sqrt(score2)}
		for j := range d.Points {
			d.Points[j] = back.apply((k[2*j]+col)*s, (k[2*j+1]+row)*s)
		}
		dst = append(dst, d)
	}
	return dst
}
