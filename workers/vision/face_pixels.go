package vision

// faceSide is the side of the square in which a face is measured, so that the result does not depend on the resolution.
const faceSide = 128

// facePixels is a face at a fixed size. Smaller faces keep their size, since enlarging would blur them.
type facePixels struct {
	side int
	rgb  *[]byte
	luma *[]byte
}

func newFacePixels(img *Image, box Rect) *facePixels {
	if img.Width < 1 || img.Height < 1 || len(img.Pix) < img.Width*img.Height*3 || !(box.Width >= 1) || !(box.Height >= 1) {
		return nil
	}
	side := clamp(int(max(box.Width, box.Height)), 16, faceSide)
	f := &facePixels{side: side, rgb: borrowBytes(side * side * 3), luma: borrowBytes(side * side)}
	m := squareAround(box.Center(), max(box.Width, box.Height), 0, float32(side), float32(side))
	warp(img, m, side, side, false, true, *f.rgb)
	for i := range *f.luma {
		(*f.luma)[i] = lumaOf((*f.rgb)[i*3:])
	}
	return f
}

func (f *facePixels) release() {
	byteBuffers.Put(f.rgb)
	byteBuffers.Put(f.luma)
}

// blurEffect returns how much of the variation between neighbours remains when the picture is blurred again with a mean of
// nine: 0 is sharp, 1 blurred. The worse of the two directions counts, so that motion blur is detected.
func (f *facePixels) blurEffect() float64 {
	return max(f.blurAlong(1, f.side), f.blurAlong(f.side, 1))
}

// blurAlong measures lines whose pixels lie step apart and which start next apart.
func (f *facePixels) blurAlong(step, next int) float64 {
	const half = 4
	var total, lost int
	lo, hi := f.side/8, f.side-f.side/8 // the rim of the box shows background
	for line := lo; line < hi; line++ {
		at := func(i int) int { return int((*f.luma)[line*next+clamp(i, 0, f.side-1)*step]) }
		for i := lo; i < hi; i++ {
			d := abs(at(i)-at(i-1)) * (2*half + 1)
			// Means of neighbours differ by the pixels that enter and leave the window.
			blurred := abs(at(i+half) - at(i-half-1))
			total += d
			lost += max(0, d-blurred)
		}
	}
	if total == 0 {
		return 1
	}
	return 1 - float64(lost)/float64(total)
}

func abs(v int) int { return max(v, -v) }

// exposure measures how the face is lit; all values are shares, 0..1.
type exposure struct {
	under, over float64 // pixels at the dark and at the bright end
	even        float64 // common part of the luminance histograms of both halves
	glare       float64 // bright pixels without colour
}

func (f *facePixels) exposure() (e exposure) {
	var halves [2][256]int
	n := [2]int{}
	f.eachInside(func(i, half int) {
		halves[half][(*f.luma)[i]]++
		n[half]++
	})
	all := float64(n[0] + n[1])
	median, seen := 0, 0
	for v := range 256 {
		h := halves[0][v] + halves[1][v]
		if seen*2 < n[0]+n[1] {
			median = v
		}
		seen += h
		// Soft ends: a picture does not turn dark at one grey level.
		e.under += float64(h) * max(0, min((60-float64(v))/40, 1)) / all
		e.over += float64(h) * max(0, min((float64(v)-210)/40, 1)) / all
		e.even += min(float64(halves[0][v])/float64(n[0]), float64(halves[1][v])/float64(n[1]))
	}
	f.eachInside(func(i, _ int) {
		p := (*f.rgb)[i*3 : i*3+3]
		hi, lo := int(max(p[0], p[1], p[2])), int(min(p[0], p[1], p[2]))
		if hi >= 240 && (hi-lo)*5 < hi && int((*f.luma)[i])*5 > median*6 {
			e.glare += 1 / all
		}
	})
	return e
}

// eachInside visits the pixels of the ellipse that a face fills in its box; half is 0 on the left of the picture.
func (f *facePixels) eachInside(visit func(i, half int)) {
	mid := float32(f.side) / 2
	for y := range f.side {
		for x := range f.side {
			dx, dy := (float32(x)+.5-mid)/(mid*.75), (float32(y)+.5-mid)/(mid*.9)
			if dx*dx+dy*dy > 1 {
				continue
			}
			half := 0
			if dx > 0 {
				half = 1
			}
			visit(y*f.side+x, half)
		}
	}
}
