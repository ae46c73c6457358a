package vision

// Limits of the measures of glasses; README.md has the measured ranges.
const (
	frameLimit = 0.052 // contrast of the line over the nose against the skin
	lensLimit  = 0.30  // luma behind a lens over that of the nose
	evenLimit  = 0.12  // contrast within an eye against the skin
)

// frameLine returns the contrast, to the skin of the nose, of the clearest straight line across the bridge of the nose.
func (c *canvas) frameLine(at func(int) Point) float64 {
	right, left := at(rightInner).X, at(leftInner).X
	x0, half := (right+left)/2, (left-right)*0.22
	top, low := int((at(8).Y+at(168).Y)/2), int((at(6).Y+at(197).Y)/2)
	best := 0
	n := 0
	for x := int(x0 - half); x <= int(x0+half); x++ {
		n++
	}
	for y := top; y <= low; y++ {
		for _, tilt := range [3]float32{-0.12, 0, 0.12} {
			sum := 0
			for x := int(x0 - half); x <= int(x0+half); x++ {
				yy := y + int(tilt*(float32(x)-x0))
				sum += c.luma(x, yy-2) + c.luma(x, yy+2) - 2*c.luma(x, yy)
			}
			best = max(best, abs(sum))
		}
	}
	return float64(best) / float64(2*max(n, 1)) / (c.patch(at(6)) + 20)
}

// lenses returns the luma of the skin under the right and the left eye over that of the nose and forehead.
func (c *canvas) lenses(at func(int) Point) (dark [2]float64) {
	ref := medianOf([]float64{c.patch(at(4)), c.patch(at(9)), c.patch(at(151))})
	for i, eye := range [2][2]int{{rightOuter, rightInner}, {leftInner, leftOuter}} {
		from, to := at(eye[0]), at(eye[1])
		m, w := middle(from, to), to.X-from.X
		under := medianOf([]float64{
			c.patch(Point{m.X, m.Y + w*0.42}),
			c.patch(Point{m.X - w*0.3, m.Y + w*0.38}),
			c.patch(Point{m.X + w*0.3, m.Y + w*0.38}),
		})
		dark[i] = under / (ref + 1)
	}
	return dark
}

// even reports whether the skin between two corners is so even that no eye, open or closed, can be there.
func (c *canvas) even(from, to Point, ref float64) bool {
	m, w := middle(from, to), to.X-from.X
	var histogram [256]int
	n := 0
	for y := int(m.Y - w*0.2); y <= int(m.Y+w*0.2); y++ {
		for x := int(from.X); x <= int(to.X); x++ {
			histogram[c.luma(x, y)]++
			n++
		}
	}
	low, high, seen := -1, 0, 0
	for v, k := range histogram {
		seen += k
		if low < 0 && seen*20 >= n {
			low = v
		}
		if seen*20 < n*19 {
			high = v + 1
		}
	}
	return float64(high-low)/(ref+1) < evenLimit
}
