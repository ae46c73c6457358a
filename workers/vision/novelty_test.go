package vision

import (
	"math/rand/v2"
	"testing"
)

// signed returns the signatures of the frames of a clip.
func signed(t *testing.T, m *Models, frames []*Image) (out [][]byte) {
	t.Helper()
	for _, img := range frames {
		found, err := m.Detect(img, nil)
		if err != nil || len(found) == 0 {
			t.Fatalf("no face: %v", err)
		}
		var seen Measurement
		if err := m.Measure(img, found[0], &seen); err != nil {
			t.Fatal(err)
		}
		out = append(out, Signature(img, found[0], &seen))
	}
	return out
}

func TestNovelty(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		frames := clip(t, "real_lp_d_d9.mp4", 2)[:8]
		faces := signed(t, m, frames)
		if n := Novelty(faces[:1], faces[0]); n > 0.05 {
			t.Errorf("the same picture: %.2f new", n)
		}
		r := rand.New(rand.NewPCG(1, 2))
		var tilted [][]byte
		for range 4 {
			tilted = append(tilted, signed(t, m, []*Image{tilt(frames[0], r)})...)
		}
		for _, s := range tilted[1:] {
			if n := Novelty(tilted[:1], s); n > 0.4 {
				t.Errorf("the same picture, tilted: %.2f new", n)
			}
		}
		newer := 0
		for i := 1; i < len(faces); i++ {
			if Novelty(faces[i-1:i], faces[i]) > 0.55 {
				newer++
			}
		}
		if newer < 3 {
			t.Errorf("%d of %d frames of a person are new", newer, len(faces)-1)
		}
		mixed := make([]byte, SignatureBytes)
		for i := range mixed {
			mixed[i] = byte((int(faces[0][i]) + 2*int(faces[3][i])) / 3)
		}
		if n := Novelty([][]byte{faces[0], faces[3]}, mixed); n > 0.2 {
			t.Errorf("a mixture of two frames: %.2f new", n)
		}
	})
}

// tilt returns the picture under a small rotation, scale and shift, darker and with noise.
func tilt(img *Image, r *rand.Rand) *Image {
	out := &Image{img.Width, img.Height, make([]byte, len(img.Pix))}
	c, s := float32(1+0.1*(r.Float64()-.5)), float32(0.1*(r.Float64()-.5))
	x, y := float32(img.Width)/2, float32(img.Height)/2
	m := affine{a: c, b: -s, c: x - c*x + s*y + float32(10*r.Float64()), d: s, e: c, f: y - s*x - c*y}
	warp(img, m, img.Width, img.Height, false, false, out.Pix)
	for i, v := range out.Pix {
		out.Pix[i] = byte(max(0, min(255, 0.9*float64(v)+2*r.NormFloat64())))
	}
	return out
}

func TestNoveltyOfOddSignatures(t *testing.T) {
	face := make([]byte, SignatureBytes)
	for i := range face {
		face[i] = byte(i * 7)
	}
	black := make([]byte, SignatureBytes)
	for name, c := range map[string]struct {
		others    [][]byte
		face      []byte
		low, high float64
	}{
		"no other":         {nil, face, 1, 1},
		"others unusable":  {[][]byte{nil, face[:9]}, face, 1, 1},
		"face unusable":    {[][]byte{face}, face[:9], 0, 0},
		"black":            {[][]byte{black}, black, 0, 0.01},
		"all twice":        {[][]byte{face, face, face}, face, 0, 0.05},
		"black and a face": {[][]byte{black}, face, 0.1, 10},
	} {
		if n := Novelty(c.others, c.face); !(n >= c.low && n <= c.high) {
			t.Errorf("%s: %v, want %v to %v", name, n, c.low, c.high)
		}
	}
}

func BenchmarkNovelty(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var list [][]byte
	for range 5 {
		s := make([]byte, SignatureBytes)
		for i := range s {
			s[i] = byte(i%24*9 + r.IntN(20))
		}
		list = append(list, s)
	}
	for b.Loop() {
		Novelty(list[:4], list[4])
	}
}
