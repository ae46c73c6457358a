package vision

import "math"

// Beyond these angles, in degrees, [Attributes] are not measured: the far side of the face is hidden.
const (
	AttributesYaw   = 25
	AttributesPitch = 20
)

// Kinds of glasses.
const (
	NoGlasses  = "no_glasses"
	Eyeglasses = "eyeglasses"
	Sunglasses = "sunglasses"
)

// Attributes are measured from the mesh and the pixels round its points, where no network of a pack fills the role;
// README.md has their error rates. Scores are 0..1 with the limit at 0.5. The zero value means not measured: the face is
// turned by more than 25 degrees of yaw or 20 of pitch, or has no mesh or pose.
type Attributes struct {
	HasAttributes bool
	// Eyeglasses is the certainty that a frame crosses the bridge of the nose: a line, darker or brighter than the skin above and
	// below it, where bare noses have none. Looking for edges between and below the eyes goes back to Jiang, Binkert,
	// Achermann and Bunke, Towards detection of glasses in facial images (ICPR 1998).
	Eyeglasses float32
	// Sunglasses grows with how much darker the skin under both eyes looks than other skin. Mirrored and light-coloured
	// lenses cannot be distinguished from bare skin.
	Sunglasses float32
	// Smile grows with the width of the mouth over that of the eyes and with how high its corners are.
	Smile float32
	// MouthOccluded grows with how much the lower face differs in colour from the skin round the eyes, and falls with what shows
	// that there are lips. It is 0 if the mouth lies outside the picture. The network of the role occlusion can raise it.
	MouthOccluded float32
	// An eye is hidden when it lies outside the picture, behind a dark lens, or when its place is as even as skin.
	RightEyeHidden, LeftEyeHidden bool
}

// readAttributes fills in the attributes; mesh, pose and mouth must have been read.
func (out *Measurement) readAttributes(img *Image) {
	if !out.HasMesh || !out.HasPose || math.Abs(float64(out.Yaw)) > AttributesYaw || math.Abs(float64(out.Pitch)) > AttributesPitch {
		return
	}
	c := newCanvas(img, &out.Mesh)
	if c == nil {
		return
	}
	defer c.release()
	at := func(i int) Point { return c.place(out.Mesh[i]) }
	// Masks, beards, glasses and hair leave most of these places uncovered.
	ref := medianOf([]float64{c.patch(at(9)), c.patch(at(108)), c.patch(at(337)), c.patch(at(119)), c.patch(at(348))})
	a := &out.Attributes
	a.HasAttributes = true
	a.Eyeglasses = logistic(c.frameLine(at), frameLimit, frameLimit/4)
	dark := c.lenses(at)
	a.Sunglasses = logistic(-max(dark[0], dark[1]), -lensLimit, lensLimit/6)
	a.Smile = logistic(out.smile(at), smileLimit, smileWidth)
	if img.holds(out.Mesh[0]) && img.holds(out.Mesh[17]) && img.holds(out.Mesh[61]) && img.holds(out.Mesh[291]) {
		a.MouthOccluded = logistic(c.covered(at), coverLimit, coverWidth)
	}
	a.RightEyeHidden = dark[0] < lensLimit || !img.holds(out.Mesh[rightOuter]) || !img.holds(out.Mesh[rightInner]) ||
		c.even(at(rightOuter), at(rightInner), ref)
	a.LeftEyeHidden = dark[1] < lensLimit || !img.holds(out.Mesh[leftOuter]) || !img.holds(out.Mesh[leftInner]) ||
		c.even(at(leftInner), at(leftOuter), ref)
}

func (img *Image) holds(p Point) bool {
	return p.X >= 0 && p.Y >= 0 && p.X < float32(img.Width) && p.Y < float32(img.Height)
}
