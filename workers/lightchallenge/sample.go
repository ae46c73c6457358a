package lightchallenge

import (
	"math"

	"github.com/selene-liveness/selene/schemas"
)

// Limits of a frame that is measured: degrees of pose, and the fewest pixels of the crop per region.
const (
	maxYaw   = 15
	maxPitch = 20
	fewSkin  = 12
	fewOther = 60 // of the background
	clipped  = 250
	// blackLight is added to every mean, in linear light, so that noise does not count in black surroundings.
	blackLight = 0.004
)

// look measures a frame: the natural logarithms of the mean linear light of the skin over that of the background, and of the
// sides of the face over its front, per channel (red, green, blue). The first cancels whatever the camera does to the whole
// picture: exposure, white balance, a filter. The second is absent without a mesh. ok is false for a frame that shows no
// face from the front, or too little of its skin or background.
func look(f *schemas.Face, pixels []byte) (skin [3]float64, shading *[3]float64, ok bool) {
	e := f.GetEstimations()
	pose, position := e.GetHeadPose(), e.GetFramePosition()
	if pose == nil || math.Abs(pose.GetYaw()) > maxYaw || math.Abs(pose.GetPitch()) > maxPitch || len(f.GetLandmarks()) != 10 {
		return skin, nil, false
	}
	c := crop{pixels: pixels, box: position.GetFace(), frame: position.GetFrame()}
	if c.box.GetWidth() <= 0 || c.box.GetHeight() <= 0 {
		return skin, nil, false
	}
	face, usable := c.skin(f.GetLandmarks())
	around := c.background()
	if !usable || around.n < fewOther {
		return skin, nil, false
	}
	skin = ratio(face, around)
	if front, side := c.shaded(f.GetMesh()); front.n >= fewSkin && side.n >= fewSkin {
		r := ratio(side, front)
		shading = &r
	}
	return skin, shading, true
}

func ratio(a, b light) (out [3]float64) {
	for c := range out {
		out[c] = math.Log((a.sum[c]/float64(a.n) + blackLight) / (b.sum[c]/float64(b.n) + blackLight))
	}
	return out
}

// light is a sum of linear light over n pixels.
type light struct {
	sum [3]float64
	n   int
}

func (l *light) add(p []byte) {
	for c := range l.sum {
		l.sum[c] += linear[p[c]]
	}
	l.n++
}

// linear converts sRGB (IEC 61966-2-1) to linear light, 0..1.
var linear = func() (t [256]float64) {
	for i := range t {
		v := float64(i) / 255
		if v <= 0.04045 {
			t[i] = v / 12.92
		} else {
			t[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return t
}()

// crop is the square round a face; its methods take places in pixels of the frame.
type crop struct {
	pixels     []byte
	box, frame *schemas.Rect
}

// geometry returns the left and top edge of the crop and the size of its pixels, as the detector cuts it.
func (c crop) geometry() (left, top, step float64) {
	side := float64(Crop.Scale) * float64(max(c.box.GetWidth(), c.box.GetHeight()))
	left = float64(c.box.GetX()) + float64(c.box.GetWidth())/2 - side/2
	top = float64(c.box.GetY()) + float64(c.box.GetHeight())/2 - side/2
	return left, top, side / cropSide
}

// at returns the pixel of a place, and nil outside the crop.
func (c crop) at(x, y float64) []byte {
	left, top, step := c.geometry()
	i, j := int(math.Floor((x-left)/step)), int(math.Floor((y-top)/step))
	if i < 0 || j < 0 || i >= cropSide || j >= cropSide {
		return nil
	}
	return c.pixels[3*(j*cropSide+i):][:3]
}

// background sums what is beside and above the head, in the frame.
func (c crop) background() (out light) {
	left, top, step := c.geometry()
	w, h := float64(c.box.GetWidth()), float64(c.box.GetHeight())
	for j := range cropSide {
		for i := range cropSide {
			x, y := left+(float64(i)+.5)*step, top+(float64(j)+.5)*step
			inFrame := x >= step && y >= step && x < float64(c.frame.GetWidth())-step && y < float64(c.frame.GetHeight())-step
			dx, dy := math.Abs(x-float64(c.box.GetX())-w/2), y-float64(c.box.GetY())-h/2
			if inFrame && dy < h/2 && (dx > .85*w || dy < -.85*h) {
				out.add(c.pixels[3*(j*cropSide+i):])
			}
		}
	}
	return out
}
