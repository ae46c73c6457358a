package vision

// The limit of the measure of smiles; README.md has the measured ranges.
const smileLimit, smileWidth = 0.755, 0.025

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
