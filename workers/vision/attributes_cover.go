package vision

import (
	"math"
	"slices"
)

// The limit of the measure of covered mouths; README.md has the measured ranges.
const (
	coverLimit, coverWidth = -0.15, 0.02
	coverDark              = 1.1  // brightness without colour, in powers of e
	lipMargin              = 0.01 // by which a lip has to be redder than skin
	noColour               = 0.02
	skinColour             = 0.3 // usual length of the colour of skin
)

// Points of the mesh where masks, beards, glasses and hair leave skin uncovered, and where masks lie.
var (
	bareSkin  = []int{9, 8, 168, 6, 119, 348, 120, 349, 108, 337}
	lowerFace = []int{164, 205, 425, 199, 187, 411, 214, 434, 202, 422, 200, 18, 92, 322, 57, 287}
)

// The rims of upper and lower lip without their corners: outside, inside.
var lipRims = [2][2][9]int{
	{{185, 40, 39, 37, 0, 267, 269, 270, 409}, {191, 80, 81, 82, 13, 312, 311, 310, 415}},
	{{146, 91, 181, 84, 17, 314, 405, 321, 375}, {95, 88, 178, 87, 14, 317, 402, 318, 324}},
}

// tone is the logarithm of a colour: red over green, green over blue, and the mean. Light of another colour or strength moves all
// tones of a picture by the same vector.
type tone struct{ red, yellow, luma float64 }

// tone returns that of the mean colour within r pixels of a place.
func (c *canvas) tone(p Point, r int) tone {
	var sum [3]int
	for y := int(p.Y) - r; y <= int(p.Y)+r; y++ {
		for x := int(p.X) - r; x <= int(p.X)+r; x++ {
			for k, v := range c.pixel(x, y) {
				sum[k] += int(v)
			}
		}
	}
	n := float64((2*r + 1) * (2*r + 1))
	var log [3]float64
	for k := range log {
		log[k] = math.Log(float64(sum[k])/n + 16) // so that noise in dark pixels has no colour
	}
	return tone{log[0] - log[1], log[1] - log[2], (log[0] + log[1] + log[2]) / 3}
}

// tones returns those of 5 x 5 pixels round points of the mesh, one list for each component.
func (c *canvas) tones(at func(int) Point, points []int) (red, yellow, luma []float64) {
	for _, i := range points {
		t := c.tone(at(i), 2)
		red, yellow, luma = append(red, t.red), append(yellow, t.yellow), append(luma, t.luma)
	}
	return red, yellow, luma
}

// covered returns the evidence for something that covers the mouth: how far the colour of the lower face is from that of the skin
// round the eyes, less what shows that there are lips. These are redder than the skin around them (Hsu, Abdel-Mottaleb and Jain,
// Face detection in color images, PAMI 2002, find mouths so), brighter or darker, and have a dark line between them.
func (c *canvas) covered(at func(int) Point) float64 {
	red, yellow, luma := c.tones(at, bareSkin)
	skin := tone{medianOf(red), medianOf(yellow), medianOf(luma)}
	red, yellow, luma = c.tones(at, lowerFace)
	grey := math.Abs(skin.red) < noColour && math.Abs(skin.yellow) < noColour
	var unlike, brightness []float64
	for i := range red {
		unlike = append(unlike, math.Hypot(red[i]-skin.red, yellow[i]-skin.yellow))
		brightness = append(brightness, luma[i]-skin.luma)
		grey = grey && math.Abs(red[i]) < noColour && math.Abs(yellow[i]) < noColour
	}
	if grey { // then only far darker or brighter masks are seen
		return coverLimit + (math.Abs(medianOf(brightness))-coverDark)*coverWidth*10
	}
	slices.Sort(unlike)
	// Cameras differ in how colourful they make a picture.
	scale := min(2, max(1, skinColour/max(0.01, math.Hypot(skin.red, skin.yellow))))
	colour := min(0.25, scale*(unlike[len(unlike)/4]+unlike[len(unlike)/2])/2)
	redder, contrast := c.lips(at)
	return colour - 0.53*redder - 0.3*contrast - 0.44*min(0.3, c.lipLine(at))
}

// lips returns the share of pairs of a place on the lips and one on the skin around them in which the lip is redder, 0..1, and
// how much brighter or darker the lips are.
func (c *canvas) lips(at func(int) Point) (redder, contrast float64) {
	mouth := middle(at(13), at(14))
	var lips, skin, lipLuma, skinLuma []float64
	for _, rims := range lipRims {
		for k := range rims[0] {
			out := at(rims[0][k])
			t := c.tone(middle(out, at(rims[1][k])), 1)
			lips, lipLuma = append(lips, t.red-t.yellow), append(lipLuma, t.luma)
			away := 1 / max(1, distance(out, mouth))
			for _, by := range [2]float32{6, 9} {
				t := c.tone(Point{out.X + (out.X-mouth.X)*away*by, out.Y + (out.Y-mouth.Y)*away*by}, 1)
				skin, skinLuma = append(skin, t.red-t.yellow), append(skinLuma, t.luma)
			}
		}
	}
	n := 0
	for _, l := range lips {
		for _, s := range skin {
			if l > s+lipMargin {
				n++
			}
		}
	}
	return float64(n) / float64(len(lips)*len(skin)), math.Abs(medianOf(lipLuma) - medianOf(skinLuma))
}

// lipLine returns how dark the line between the lips is against what is above and below it, at all but a quarter of its length.
func (c *canvas) lipLine(at func(int) Point) float64 {
	best := 0.0
	for shift := float32(-7); shift <= 7; shift++ {
		var dips []float64
		for k := range lipRims[0][1] {
			p := middle(at(lipRims[0][1][k]), at(lipRims[1][1][k]))
			p.Y += shift
			above, below := c.tone(Point{p.X, p.Y - 5}, 1).luma, c.tone(Point{p.X, p.Y + 5}, 1).luma
			dips = append(dips, min(above, below)-c.tone(p, 1).luma)
		}
		slices.Sort(dips)
		best = max(best, dips[len(dips)/4])
	}
	return best
}
