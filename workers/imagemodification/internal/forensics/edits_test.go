package forensics

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"path/filepath"
	"testing"

	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// photo is a picture with a face.
type photo struct {
	name  string
	bytes []byte
	img   *image.RGBA
	face  image.Rectangle
}

func load(t testing.TB, m *vision.Models, name string, data []byte) *photo {
	t.Helper()
	decoded, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	b := decoded.Bounds()
	if b.Dx()*b.Dy() > 700_000 {
		return nil
	}
	p := &photo{name: name, bytes: data, img: image.NewRGBA(b)}
	pixels := vision.Image{Width: b.Dx(), Height: b.Dy()}
	for y := range b.Dy() {
		for x := range b.Dx() {
			c := color.RGBAModel.Convert(decoded.At(x, y)).(color.RGBA)
			p.img.SetRGBA(x, y, c)
			pixels.Pix = append(pixels.Pix, c.R, c.G, c.B)
		}
	}
	found, err := m.Detect(&pixels, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		return nil
	}
	f := found[0].Box
	p.face = image.Rect(int(f.X), int(f.Y), int(f.X+f.Width), int(f.Y+f.Height)).Intersect(b)
	if p.face.Dx() < 100 {
		return nil
	}
	return p
}

// photos returns portraits and frames of clips, unchanged.
func photos(t testing.TB) []*photo {
	t.Helper()
	m := workertest.Models(t, "zoo")
	var out []*photo
	add := func(name string, data []byte) {
		if p := load(t, m, name, data); p != nil {
			out = append(out, p)
		}
	}
	for _, pattern := range []string{"match/deepface/*.jpg", "match/ageitgey/*.jpg", "conditions/*.jpg", "spoof/real/*.jpg"} {
		files, _ := filepath.Glob(workertest.Path(t, pattern[:len(pattern)-5]) + "/*.jpg")
		for _, f := range files {
			name, _ := filepath.Rel(workertest.Path(t, "."), f)
			add(name, workertest.Picture(t, name))
		}
	}
	for _, clip := range []string{"real_lp_d_d3.mp4", "real_lp_d_d9.mp4", "real_lp_s_s18.mp4", "real_zub_webcam_turns.webm", "real_lp_d_d0.mp4", "real_lp_d_d18.mp4"} {
		for _, data := range workertest.Clip(t, clip, 0.5, 2) {
			add(clip, data)
		}
	}
	return out
}

func save(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// blend mixes over into a copy of p inside the ellipse of the face, with a soft edge.
func (p *photo) blend(over func(x, y int) color.RGBA) *image.RGBA {
	out := image.NewRGBA(p.img.Rect)
	copy(out.Pix, p.img.Pix)
	cx, cy := float64(p.face.Min.X+p.face.Max.X)/2, float64(p.face.Min.Y+p.face.Max.Y)/2
	rx, ry := float64(p.face.Dx())/2, float64(p.face.Dy())/2
	for y := p.face.Min.Y; y < p.face.Max.Y; y++ {
		for x := p.face.Min.X; x < p.face.Max.X; x++ {
			r := math.Hypot((float64(x)-cx)/rx, (float64(y)-cy)/ry)
			a := max(0, min(1, (1-r)/0.1))
			if a == 0 {
				continue
			}
			o, b := over(x, y), p.img.RGBAAt(x, y)
			mix := func(o, b uint8) uint8 { return uint8(a*float64(o) + (1-a)*float64(b) + 0.5) }
			out.SetRGBA(x, y, color.RGBA{mix(o.R, b.R), mix(o.G, b.G), mix(o.B, b.B), 255})
		}
	}
	return out
}

// withFaceOf puts another photo's face over the face.
func (p *photo) withFaceOf(o *photo) *image.RGBA {
	return p.blend(func(x, y int) color.RGBA {
		u := float64(o.face.Min.X) + (float64(x-p.face.Min.X)+.5)*float64(o.face.Dx())/float64(p.face.Dx()) - .5
		v := float64(o.face.Min.Y) + (float64(y-p.face.Min.Y)+.5)*float64(o.face.Dy())/float64(p.face.Dy()) - .5
		x0, y0 := int(math.Floor(u)), int(math.Floor(v))
		fx, fy := u-float64(x0), v-float64(y0)
		at := func(x, y int) color.RGBA {
			b := o.img.Rect
			return o.img.RGBAAt(max(b.Min.X, min(x, b.Max.X-1)), max(b.Min.Y, min(y, b.Max.Y-1)))
		}
		a, b, c, d := at(x0, y0), at(x0+1, y0), at(x0, y0+1), at(x0+1, y0+1)
		mix := func(a, b, c, d uint8) uint8 {
			return uint8((float64(a)*(1-fx)+float64(b)*fx)*(1-fy) + (float64(c)*(1-fx)+float64(d)*fx)*fy + .5)
		}
		return color.RGBA{mix(a.R, b.R, c.R, d.R), mix(a.G, b.G, c.G, d.G), mix(a.B, b.B, c.B, d.B), 255}
	})
}

// smoothed blurs the face a little, as a beauty filter does: a box of 2*radius+1 pixels.
func (p *photo) smoothed(radius int) *image.RGBA {
	return p.blend(func(x, y int) color.RGBA {
		var r, g, b, n int
		for v := max(y-radius, 0); v <= min(y+radius, p.img.Rect.Max.Y-1); v++ {
			for u := max(x-radius, 0); u <= min(x+radius, p.img.Rect.Max.X-1); u++ {
				c := p.img.RGBAAt(u, v)
				r, g, b, n = r+int(c.R), g+int(c.G), b+int(c.B), n+1
			}
		}
		return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 255}
	})
}

// reading holds the measures of one picture.
type reading struct{ noise, ghost, level, double float64 }

func read(t testing.TB, data []byte, face image.Rectangle) (r reading, ok bool) {
	t.Helper()
	decoded, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	y, is := decoded.(*image.YCbCr)
	if !is {
		return r, false
	}
	l := &Luma{Width: y.Rect.Dx(), Height: y.Rect.Dy()}
	for row := range l.Height {
		l.Pix = append(l.Pix, y.Y[row*y.YStride:row*y.YStride+l.Width]...)
	}
	if r.noise, ok = noiseInconsistency(l, face); !ok {
		return r, false
	}
	if r.ghost, ok, err = Ghost(l, face); err != nil || !ok {
		return r, false
	}
	if r.level, ok, err = errorLevel(l, face); err != nil || !ok {
		return r, false
	}
	steps, _ := stepsOf(data)
	r.double = doubleQuantisation(l, &steps)
	return r, true
}

// auc returns the probability that an edited picture has a higher value than an original.
func auc(original, edited []float64) float64 {
	wins := 0.0
	for _, e := range edited {
		for _, o := range original {
			if e > o {
				wins++
			} else if e == o {
				wins += 0.5
			}
		}
	}
	return wins / float64(len(original)*len(edited))
}

// TestMeasures prints how well each measure distinguishes edited pictures from original ones: the table in README.md.
func TestMeasures(t *testing.T) {
	all := photos(t)
	if testing.Short() {
		all = all[:len(all)/2]
	}
	kinds := map[string][]reading{}
	take := func(kind string, data []byte, face image.Rectangle) {
		if r, ok := read(t, data, face); ok {
			kinds[kind] = append(kinds[kind], r)
		}
	}
	for i, p := range all {
		take("as it is", p.bytes, p.face)
		take("saved 92", save(t, p.img, 92), p.face)
		donor := all[(i+len(all)/2)%len(all)]
		take("face of another", save(t, p.withFaceOf(donor), 92), p.face)
		take("smoothed 3x3", save(t, p.smoothed(1), 92), p.face)
		take("smoothed 7x7", save(t, p.smoothed(3), 92), p.face)
	}
	column := func(kind string, of func(reading) float64) (out []float64) {
		for _, r := range kinds[kind] {
			out = append(out, of(r))
		}
		return out
	}
	ghost := func(r reading) float64 { return r.ghost }
	for _, base := range []string{"as it is", "saved 92"} {
		for _, kind := range []string{"saved 92", "face of another", "smoothed 3x3", "smoothed 7x7"} {
			score := func(of func(reading) float64) float64 { return auc(column(base, of), column(kind, of)) }
			t.Logf("%-9s against %-16s n %d/%d: noise %.2f ghost %.2f level %.2f double %.2f", base, kind, len(kinds[base]), len(kinds[kind]),
				score(func(r reading) float64 { return r.noise }), score(ghost),
				score(func(r reading) float64 { return r.level }), score(func(r reading) float64 { return r.double }))
		}
	}
	for kind := range kinds {
		caught := 0
		for _, g := range column(kind, ghost) {
			if g > 0.2 {
				caught++
			}
		}
		t.Logf("ghost over 0.2 for %d of %d: %s", caught, len(kinds[kind]), kind)
	}
	if got := auc(column("saved 92", ghost), column("face of another", ghost)); got < 0.7 {
		t.Errorf("the ghost measure has an AUC of %.2f, want about 0.81", got)
	}
}
