package vision

import "math"

// Limits of the measures of smiles and covered mouths; README.md has the measured ranges.
const (
	smileLimit, smileWidth = 0.755, 0.025
	coverLimit, coverWidth = 0.030, 0.008
)

// smile returns the width of the mouth over the distance of the outer corners of the eyes, plus how far the corners of the
// mouth are above its middle, less what opening the mouth adds to both.
func (out *Measurement) smile(at func(int) Point) float64 {
	right, left := at(61), at(291)
	width := float64(distance(right, left))
	eyes := float64(distance(at(rightOuter), at(leftOuter)))
	if width == 0 || eyes == 0 {
		return 0
	}
	lift := float64((at(0).Y+at(17).Y)/2-(right.Y+left.Y)/2) / width
	return width/eyes + lift - max(0, float64(out.MouthOpenness)-0.3)
}

// The rims of the lips on the inside, without their corners.
var upperLip, lowerLip = [9]int{191, 80, 81, 82, 13, 312, 311, 310, 415}, [9]int{95, 88, 178, 87, 14, 317, 402, 318, 324}

// covered returns the evidence for something that covers nose and mouth.
func (c *canvas) covered(at func(int) Point, ref skin) float64 {
	nose := c.patch(at(4)).unlike(ref)
	parts := [5]float64{nose}
	for i, p := range [4]int{164, 205, 425, 199} { // under the nose, lower cheeks, chin
		parts[i+1] = c.patch(at(p)).unlike(ref)
	}
	// The nose has to differ as well, since a beard does not cover it.
	return min(nose, medianOf(parts[:])) - 0.4*c.lipLine(at)/(ref.luma+20)
}

// lipLine returns the mean step of luma along the line between the lips.
func (c *canvas) lipLine(at func(int) Point) float64 {
	best := 0
	for shift := -5; shift <= 5; shift++ {
		sum := 0
		for _, rim := range [2]*[9]int{&upperLip, &lowerLip} {
			for _, i := range rim {
				p := at(i)
				x, y := int(p.X), int(p.Y)+shift
				sum += c.luma(x, y+1) - c.luma(x, y-1)
			}
		}
		best = max(best, abs(sum))
	}
	return math.Abs(float64(best)) / float64(len(upperLip)+len(lowerLip))
}
