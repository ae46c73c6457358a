package vision

import "slices"

// marginZoom is the share of the input that the picture fills in the second run: the best of 0.5, 0.6 and 0.8.
const marginZoom = 0.6

// blazeface reads BlazeFace (Bazarevsky et al., 2019) in its 256-pixel shape: 16 x 16 cells with two anchors, then
// 8 x 8 with six. Each anchor has a score logit and 16 numbers in pixels of the input: box centre (offset from the
// cell's), box size, and six points (right eye, left eye, nose, mouth, right ear, left ear; offsets).
//
// It misses faces that fill the picture, or finds parts of them, so if a detection is unsure it runs again with a margin
// around the picture.
func (m *model) blazeface(img *Image, dst []Detection) ([]Detection, error) {
	w, h := m.spec.Input[0], m.spec.Input[1]
	for _, zoom := range [2]float32{1, marginZoom} {
		dst = dst[:0]
		err := m.see(img, w, h, zoom, func(t *tensors, back affine) {
			for i, grid := range [2]struct{ stride, anchors int }{{16, 2}, {32, 6}} {
				cols, n := w/grid.stride, (w/grid.stride)*(h/grid.stride)*grid.anchors
				scores, values := blazefaceOutputs(t, n, i == 0)
				if scores.data == nil || values.data == nil {
					continue
				}
				for a := range n {
					score := sigmoid(scores.data[a*scores.step])
					if !(score >= m.spec.Threshold) {
						continue
					}
					cell := a / grid.anchors
					center := Point{(float32(cell%cols) + .5) * float32(grid.stride), (float32(cell/cols) + .5) * float32(grid.stride)}
					dst = append(dst, blazefaceDetection(values.data[a*values.step:][:16], center, score, back))
				}
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

// strided is a column of an output: element i starts at i*step.
type strided struct {
	data []float32
	step int
}

// blazefaceOutputs finds scores and values of n anchors, either in separate outputs or in outputs that hold both grids, the
// finer one first.
func blazefaceOutputs(t *tensors, n int, first bool) (scores, values strided) {
	const all = 16*16*2 + 8*8*6
	for i, o := range t.out {
		dims := t.dims[i]
		if len(dims) < 2 {
			continue
		}
		rows, step := len(o)/int(dims[len(dims)-1]), int(dims[len(dims)-1])
		if rows == all {
			if first {
				o = o[:n*step]
			} else {
				o = o[(all-n)*step:]
			}
		} else if rows != n {
			continue
		}
		switch step {
		case 1:
			scores = strided{o, 1}
		case 16:
			values = strided{o, 16}
		case 17:
			scores, values = strided{o, 17}, strided{o[1:], 17}
		}
	}
	return scores, values
}

func blazefaceDetection(v []float32, cell Point, score float32, back affine) Detection {
	c := back.apply(cell.X+v[0], cell.Y+v[1])
	w, h := v[2]*back.a, v[3]*back.e
	d := Detection{Box: Rect{c.X - w/2, c.Y - h/2, w, h}, Score: score}
	at := func(i int) Point { return back.apply(cell.X+v[4+2*i], cell.Y+v[5+2*i]) }
	d.Points[0], d.Points[1], d.Points[2] = at(0), at(1), at(2)
	// The network returns the middle of the mouth; its corners lie about three eighths of the eye distance to the sides.
	mouth, along := at(3), Point{(d.Points[1].X - d.Points[0].X) * .375, (d.Points[1].Y - d.Points[0].Y) * .375}
	d.Points[3] = Point{mouth.X - along.X, mouth.Y - along.Y}
	d.Points[4] = Point{mouth.X + along.X, mouth.Y + along.Y}
	return d
}
