package vision

import (
	"math"
	"path/filepath"
	"testing"
)

// usable are the default thresholds of the checks.
var usable = Quality{Blur: .61, Light: .57, Darkness: .50, Illumination: .1, Specularity: .1}

func (q Quality) faults() (list []string) {
	for _, c := range []struct {
		name     string
		got, min float64
	}{
		{"blur", q.Blur, usable.Blur},
		{"light", q.Light, usable.Light},
		{"dark", q.Darkness, usable.Darkness},
		{"illumination", q.Illumination, usable.Illumination},
		{"specularity", q.Specularity, usable.Specularity},
	} {
		if c.got < c.min {
			list = append(list, c.name)
		}
	}
	return list
}

func TestQualityOfGoodStills(t *testing.T) {
	m := pickPack(t, "zoo")
	root := faces(t)
	files, _ := filepath.Glob(filepath.Join(root, "match", "*", "*"))
	for _, f := range files {
		name, _ := filepath.Rel(root, f)
		img := picture(t, name)
		q := MeasureQuality(img, largest(t, m, img, name).Box)
		if bad := q.faults(); len(bad) > 0 {
			t.Errorf("%s: %v: %+v", name, bad, q)
		}
	}
}

func TestQualityOfClips(t *testing.T) {
	m := pickPack(t, "zoo")
	for _, name := range []string{
		"real_lp_d_d0.mp4", "real_lp_d_d3.mp4", "real_lp_d_d9.mp4", "real_lp_d_d10.mp4", "real_lp_d_d18.mp4",
		"real_lp_s_s18.mp4", "real_intel_male.gif", "real_zub_webcam_turns.webm",
	} {
		frames, bad := 0, 0
		for _, img := range clip(t, name, 1) {
			if found, err := m.Detect(img, nil); err == nil && len(found) > 0 {
				frames++
				if q := MeasureQuality(img, found[0].Box); len(q.faults()) > 0 {
					bad++
					t.Logf("%s frame %d: %v %+v", name, frames, q.faults(), q)
				}
			}
		}
		// The webcam clip has a second and a half of motion blur, which must be flagged.
		if allowed := map[string]int{"real_zub_webcam_turns.webm": 3}[name]; frames == 0 || bad > allowed {
			t.Errorf("%s: %d of %d frames flagged", name, bad, frames)
		}
	}
}

func TestQualityFaults(t *testing.T) {
	m := pickPack(t, "zoo")
	const motion = "conditions/blur_zub.jpg"
	img := picture(t, motion)
	if q := MeasureQuality(img, largest(t, m, img, motion).Box); q.Blur >= usable.Blur {
		t.Errorf("%s: blur %.2f passes", motion, q.Blur)
	}
	for _, name := range []string{"conditions/open_eyes_d9.jpg", "match/ageitgey/obama.jpg", "match/deepface/df01_img2.jpg", "match/ageitgey/biden.jpg"} {
		img := picture(t, name)
		box := largest(t, m, img, name).Box
		middle := int(box.Center().X)
		for fault, spoiled := range map[string]*Image{
			"blur":         blurred(img, int(box.Width*.08)),
			"light":        toned(img, func(v float64, _ int) float64 { return v * 2.5 }),
			"dark":         toned(img, func(v float64, _ int) float64 { return v * .2 }),
			"illumination": toned(img, func(v float64, x int) float64 { return v * map[bool]float64{true: .1, false: 1}[x < middle] }),
		} {
			found := false
			faults := MeasureQuality(spoiled, box).faults()
			for _, f := range faults {
				found = found || f == fault
			}
			if !found {
				t.Errorf("%s with %s: flagged %v", name, fault, faults)
			}
		}
		if faults := MeasureQuality(glaring(img, box), box).faults(); len(faults) != 1 || faults[0] != "specularity" {
			t.Errorf("%s with glare: flagged %v", name, faults)
		}
	}
}

// The blur is of the face, not of the number of pixels.
func TestQualityAtAnySize(t *testing.T) {
	m := pickPack(t, "zoo")
	const name = "match/deepface/df01_img1.jpg" // the face is 580 pixels wide
	img := picture(t, name)
	d := largest(t, m, img, name)
	want := MeasureQuality(img, d.Box)
	for _, n := range []int{2, 4} {
		small := &Image{img.Width / n, img.Height / n, make([]byte, (img.Width/n)*(img.Height/n)*3)}
		shrink(img, 0, 0, n, small)
		k := 1 / float32(n)
		q := MeasureQuality(small, Rect{d.Box.X * k, d.Box.Y * k, d.Box.Width * k, d.Box.Height * k})
		if math.Abs(q.Blur-want.Blur) > .08 || math.Abs(q.Light-want.Light) > .05 || math.Abs(q.Illumination-want.Illumination) > .1 {
			t.Errorf("1/%d: %+v, whole %+v", n, q, want)
		}
	}
}

func TestQualityOfNothing(t *testing.T) {
	img := &Image{4, 4, make([]byte, 48)}
	nan := float32(math.NaN())
	for _, box := range []Rect{{}, {0, 0, -1, 5}, {0, 0, nan, nan}, {1e9, 1e9, 10, 10}} {
		if q := MeasureQuality(img, box); q.Blur != 0 || math.IsNaN(q.Illumination) {
			t.Errorf("%v: %+v", box, q)
		}
	}
}

func toned(img *Image, f func(v float64, x int) float64) *Image {
	out := &Image{img.Width, img.Height, make([]byte, len(img.Pix))}
	for i, v := range img.Pix {
		out.Pix[i] = uint8(max(0, min(f(float64(v), i/3%img.Width), 255)))
	}
	return out
}

// blurred takes the mean over n x n pixels, by running sums along rows, then columns.
func blurred(img *Image, n int) *Image {
	out := &Image{img.Width, img.Height, append([]byte(nil), img.Pix...)}
	for _, pass := range [2]struct{ lines, length, next, step int }{
		{img.Height, img.Width, img.Width * 3, 3}, {img.Width, img.Height, 3, img.Width * 3},
	} {
		line := make([]int, pass.length)
		for l := range pass.lines {
			for c := range 3 {
				at := func(i int) *byte { return &out.Pix[l*pass.next+i*pass.step+c] }
				for i := range line {
					line[i] = int(*at(i))
				}
				for i := range line {
					sum := 0
					for j := i - n/2; j < i-n/2+n; j++ {
						sum += line[clamp(j, 0, len(line)-1)]
					}
					*at(i) = uint8(sum / n)
				}
			}
		}
	}
	return out
}

// glaring paints a white lamp on a fifth of the face.
func glaring(img *Image, box Rect) *Image {
	out := &Image{img.Width, img.Height, append([]byte(nil), img.Pix...)}
	c := box.Center()
	for y := range img.Height {
		for x := range img.Width {
			dx, dy := (float32(x)-c.X)/box.Width, (float32(y)-c.Y)/box.Height
			if dx*dx+dy*dy < .2*.2 {
				for i := range 3 {
					out.Pix[(y*img.Width+x)*3+i] = 252
				}
			}
		}
	}
	return out
}
