package vision

import (
	"math"
	"testing"
)

// quarterTurns turns a picture clockwise.
func quarterTurns(img *Image, n int) *Image {
	for range n {
		out := &Image{Width: img.Height, Height: img.Width, Pix: make([]byte, len(img.Pix))}
		for y := range img.Height {
			for x := range img.Width {
				copy(out.Pix[(x*out.Width+out.Width-1-y)*3:][:3], img.Pix[(y*img.Width+x)*3:])
			}
		}
		img = out
	}
	return img
}

// Networks and detectors report a head that is nearly upright, whatever the direction of the picture.
func TestRollOfTurnedPictures(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		read := 0
		for _, name := range []string{"conditions/open_eyes_d9.jpg", "match/ageitgey/obama.jpg", "match/ageitgey/biden.jpg"} {
			upright := picture(t, name)
			var first Measurement
			for quarters := range 4 {
				img := quarterTurns(upright, quarters)
				found, err := m.Detect(img, nil)
				if err != nil {
					t.Fatal(err)
				}
				var out Measurement
				if len(found) > 0 {
					if err := m.Measure(img, found[0], &out); err != nil {
						t.Fatal(err)
					}
				}
				if !out.HasMesh && quarters > 0 {
					continue // a face that is not found, or not measured, does not pass either
				}
				read++
				if quarters == 0 {
					if first = out; out.Turned != 0 {
						t.Errorf("%s: upright, found turned by %d quarters", name, out.Turned)
					}
				}
				// A head that the picture turns clockwise is tilted to its left shoulder.
				off := math.Remainder(float64(out.Roll-first.Roll)+90*float64(quarters), 360)
				if !out.HasPose || math.Abs(off) > 25 {
					t.Errorf("%s by %d quarters: roll %.0f (measured: %v), upright %.0f", name, quarters, out.Roll, out.HasPose, first.Roll)
				}
			}
		}
		if read < 9 {
			t.Errorf("%d of 12 pictures measured", read)
		}
	})
}
