package vision

// CutBetween cuts a grey patch of w x h bytes out of the picture, turned and scaled so that from and to lie on one row, base
// pixels apart, and up pixels below the centre of the patch.
func CutBetween(img *Image, from, to Point, base, up float32, w, h int) []byte {
	middle := Point{(from.X + to.X) / 2, (from.Y + to.Y) / 2}
	scale := max(distance(from, to), 1) / base
	m := squareAround(middle, scale*float32(w), eyeAngle(from, to), float32(w), float32(w))
	m.c += m.b * (float32(w)/2 - up - float32(h)/2)
	m.f += m.e * (float32(w)/2 - up - float32(h)/2)
	rgb := borrowBytes(w * h * 3)
	defer byteBuffers.Put(rgb)
	warp(img, m, w, h, false, true, *rgb)
	out := make([]byte, w*h)
	for i := range out {
		out[i] = lumaOf((*rgb)[i*3:])
	}
	return out
}
