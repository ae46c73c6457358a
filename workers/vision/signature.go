package vision

// A signature is the inner face on the canvas: eyes, nose and mouth, in cells of signatureCell x signatureCell pixels.
const (
	signatureWidth  = 24
	signatureHeight = 32
	signatureCell   = 4
	signatureLeft   = 16
	signatureTop    = 16
)

// SignatureBytes is the length of a signature.
const SignatureBytes = signatureWidth * signatureHeight

// Signature returns the grey levels of a measured face, by which [Novelty] recognises its picture, row by row: the face lies at
// the same place however it was held before the camera. It returns nil if both eyes are at one place.
func Signature(img *Image, d Detection, m *Measurement) []byte {
	right, left := d.Points[0], d.Points[1]
	if m.HasMesh {
		right, left = middle(m.Mesh[rightOuter], m.Mesh[rightInner]), middle(m.Mesh[leftInner], m.Mesh[leftOuter])
	}
	c := canvasOn(img, right, left)
	if c == nil {
		return nil
	}
	defer c.release()
	out := make([]byte, SignatureBytes)
	for i := range out {
		x, y := signatureLeft+i%signatureWidth*signatureCell, signatureTop+i/signatureWidth*signatureCell
		sum := 0
		for j := range signatureCell * signatureCell {
			sum += c.luma(x+j%signatureCell, y+j/signatureCell)
		}
		out[i] = uint8((sum + signatureCell*signatureCell/2) / (signatureCell * signatureCell))
	}
	return out
}
