package fakes

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

const (
	filter = "fps=10,scale='if(gt(max(iw,ih),1280),iw*1280/max(iw,ih),iw)':-2"
	side   = 96 // of the texture, pixels
)

// reading is one measure of one frame.
type reading struct{ yaw, value float64 }

// clip holds the readings of a clip.
type clip struct {
	name, group string
	half        uint32 // 0: directions and limits are set on it; 1: reported
	readings    map[string][]reading
}

func (c *clip) add(measure string, f *face, v float64) {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		c.readings[measure] = append(c.readings[measure], reading{float64(f.Yaw), v})
	}
}

// face is what is kept of a frame for the next two.
type face struct {
	vision.Measurement
	texture  []float64 // of an upright square of side pixels, eyes 40 apart
	identity []float32
}

func (c *clip) follow(t testing.TB, m *vision.Models, path string) {
	decoder := vision.NewDecoder(1 << 24)
	defer decoder.Close()
	var img vision.Image
	var past, seen []*face
	for _, data := range workertest.JPEGs(t, path, filter, 200) {
		if err := decoder.Decode(data, &img); err != nil {
			t.Fatal(err)
		}
		found, err := m.Detect(&img, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			past = nil
			continue
		}
		d := slices.MaxFunc(found, func(a, b vision.Detection) int { return int(a.Box.Width - b.Box.Width) })
		f := new(face)
		if err := m.Measure(&img, d, &f.Measurement); err != nil {
			t.Fatal(err)
		}
		c.add("mesh confidence", f, float64(f.MeshConfidence))
		if !f.HasMesh {
			past = nil
			continue
		}
		if f.identity, err = m.Describe(vision.Cut(&img, d, m.DescriptorCrop(), nil), nil); err != nil {
			t.Fatal(err)
		}
		c.still(&img, f)
		c.moving(f, past)
		past, seen = append(past, f), append(seen, f)
	}
	front := slices.MinFunc(seen, func(a, b *face) int { return cmp.Compare(math.Abs(float64(a.Yaw)), math.Abs(float64(b.Yaw))) })
	for _, f := range seen {
		c.add("likeness to the front", f, m.Similarity(front.identity, f.identity))
	}
}

// still reads one frame.
func (c *clip) still(img *vision.Image, f *face) {
	m := &f.Measurement
	var x, y, far float64
	for _, i := range oval {
		x, y = x+at(m, i)[0]/36, y+at(m, i)[1]/36
	}
	for _, i := range oval {
		far = max(far, math.Hypot(at(m, i)[0]-x, at(m, i)[1]-y))
	}
	c.add("height of the face", f, faceHeight(m))
	p := pixelsRound(img, x, y, 1.5*far+4)
	r := ringsOf(p, m, x, y)
	noise := func(from, to float64) float64 { return mean(&r, from, to, func(p *rim) float64 { return p.noise }) }
	sharp := func(from, to float64) float64 {
		return math.Log(mean(&r, from, to, func(p *rim) float64 { return p.fine }) /
			mean(&r, from, to, func(p *rim) float64 { return p.coarse }))
	}
	colour := func(from, to float64) *rim {
		return &rim{
			n:  1,
			cb: mean(&r, from, to, func(p *rim) float64 { return p.cb }),
			cr: mean(&r, from, to, func(p *rim) float64 { return p.cr }),
		}
	}
	c.add("colour step", f, colourStep(&r))
	c.add("colour across", f, colourBetween(colour(0.75, 0.95), colour(1.08, 1.28)))
	c.add("sharpness across", f, sharp(0.75, 0.95)-sharp(1.08, 1.28))
	c.add("sharpness on", f, sharp(0.95, 1.08)-(sharp(0.75, 0.95)+sharp(1.08, 1.28))/2)
	c.add("noise on", f, noise(0.9, 1.1)-(noise(0.6, 0.85)+noise(1.15, 1.4))/2)
	c.add("noise inside", f, noise(0.3, 0.75)-noise(1.15, 1.5))
	c.add("eyes", f, float64(min(m.RightEyeOpenness, m.LeftEyeOpenness)))
	if m.MouthOpenness >= 0.15 {
		c.add("teeth", f, math.Log(2*p.detail(m, innerLips)/(p.detail(m, eyes[0])+p.detail(m, eyes[1]))))
	}
	grey := vision.CutBetween(img, m.Mesh[33], m.Mesh[263], 40, 12, side, side)
	l := make([]float64, len(grey))
	for i, v := range grey {
		l[i] = float64(v)
	}
	sharpest := blur(l, side, side)
	f.texture = blur(blur(blur(blur(sharpest, side, side), side, side), side, side), side, side)
	for i := range l {
		f.texture[i] = sharpest[i] - f.texture[i]
	}
}

// moving reads a frame against those before it.
func (c *clip) moving(f *face, past []*face) {
	n := len(past)
	if n == 0 {
		return
	}
	before, m, height := past[n-1], &f.Measurement, faceHeight(&f.Measurement)
	o := moveOf(&before.Measurement, m)
	rest := func(i int) [2]float64 { return o.rest(&before.Measurement, m, i) }
	jitter := rms(rigid, rest) / height
	motion := rms(rigid, func(i int) [2]float64 {
		p, q := at(&before.Measurement, i), at(m, i)
		return [2]float64{q[0] - p[0], q[1] - p[1]}
	}) / height
	c.add("jitter to motion", f, jitter/(motion+0.01))
	if motion < 0.03 {
		c.add("jitter at rest", f, jitter)
	}
	c.add("jitter of the oval", f, rms(oval[:], rest)/height/(jitter+0.002))
	if n > 1 {
		a, b := moveOf(&before.Measurement, &past[n-2].Measurement), moveOf(&before.Measurement, m)
		c.add("jitter to and fro", f, rms(rigid, func(i int) [2]float64 {
			p, q := a.rest(&before.Measurement, &past[n-2].Measurement, i), b.rest(&before.Measurement, m, i)
			return [2]float64{p[0] + q[0], p[1] + q[1]}
		})/height)
	}
	var kept []float64
	for _, p := range [][2]int{{38, 14}, {22, 16}, {54, 16}, {22, 52}, {54, 52}, {38, 46}} { // brow, cheeks, nose
		kept = append(kept, likeness(before.texture, f.texture, side, p[0], p[1], 20))
	}
	c.add("texture kept", f, median(kept))
}
