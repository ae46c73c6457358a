package vision

import (
	"path/filepath"
	"slices"
	"testing"
)

// The content of the stills, determined by eye.
var (
	withGlasses = []string{
		"match/bbt/amy4.png", "match/bbt/bernadette1.png", "match/bbt/bernadette2.png", "match/bbt/bernadette3.png", "match/bbt/bernadette4.png",
		"match/bbt/bernadette5.png", "match/bbt/leonard1.png", "match/bbt/leonard4.png", "match/bbt/leonard5.png",
		"conditions/frontal_zub.jpg", "conditions/open_eyes_d9.jpg", "conditions/closed_eyes_d9.jpg",
	}
	smiling = []string{
		"match/ageitgey/biden2.jpg", "match/ageitgey/obama.jpg", "match/bbt/amy1.png", "match/bbt/amy2.png", "match/bbt/amy5.png", "match/bbt/bernadette1.png",
		"match/bbt/bernadette3.png", "match/bbt/bernadette5.png", "match/bbt/howard1.png", "match/bbt/leonard4.png", "match/bbt/leonard5.png", "match/bbt/penny5.png",
		"match/deepface/df01_img1.jpg", "match/deepface/df02_img15.jpg", "match/deepface/df05_img28.jpg", "match/deepface/df05_img43.jpg",
		"match/deepface/df05_img44.jpg", "match/deepface/df05_img46.jpg", "match/deepface/df07_img22.jpg", "match/deepface/df07_img23.jpg",
	}
	serious = []string{
		"match/ageitgey/obama2.jpg", "match/ageitgey/obama3.jpg", "match/bbt/amy3.png", "match/bbt/amy4.png", "match/bbt/bernadette4.png", "match/bbt/howard4.png",
		"match/bbt/leonard2.png", "match/bbt/leonard3.png", "match/bbt/penny1.png", "match/bbt/penny2.png", "match/bbt/penny4.png",
		"match/deepface/df01_img10.jpg", "match/deepface/df01_img2.jpg", "match/deepface/df01_img4.jpg", "match/deepface/df01_img5.jpg",
		"match/deepface/df02_img13.jpg", "match/deepface/df02_img57.jpg", "match/deepface/df03_img18.jpg", "match/deepface/df03_img19.jpg",
		"match/deepface/df03_img67.jpg", "match/deepface/df04_img29.jpg", "match/deepface/df04_img30.jpg", "match/deepface/df04_img31.jpg",
		"match/deepface/df04_img32.jpg", "match/deepface/df04_img33.jpg", "conditions/open_eyes_d9.jpg",
	}
)

func TestEyeglassesOfStills(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		root := faces(t)
		files, _ := filepath.Glob(filepath.Join(root, "match", "*", "*"))
		bare, wrong := 0, 0
		for _, f := range files {
			name, _ := filepath.Rel(root, f)
			if a := measured(t, m, name).Attributes; a.HasAttributes && !slices.Contains(withGlasses, name) {
				bare++
				if a.Eyeglasses >= .5 {
					wrong++
					t.Logf("%s: eyeglasses %.2f", name, a.Eyeglasses)
				}
				if a.Sunglasses >= .5 || a.LeftEyeHidden || a.RightEyeHidden {
					t.Errorf("%s: sunglasses %.2f, hidden eyes %v %v", name, a.Sunglasses, a.RightEyeHidden, a.LeftEyeHidden)
				}
				if a.MouthOccluded >= .5 {
					t.Errorf("%s: mouth occluded %.2f", name, a.MouthOccluded)
				}
			}
		}
		if bare < 45 || wrong > 3 {
			t.Errorf("%d of %d bare faces are said to wear glasses", wrong, bare)
		}
		for _, name := range withGlasses {
			if a := measured(t, m, name).Attributes; a.HasAttributes && (a.Eyeglasses < .5 || a.Sunglasses >= .5) {
				t.Errorf("%s: eyeglasses %.2f, sunglasses %.2f", name, a.Eyeglasses, a.Sunglasses)
			}
		}
	})
}

func TestSmileOfStills(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		wrong := 0
		for _, name := range smiling {
			if a := measured(t, m, name).Attributes; a.Smile < .5 {
				wrong++
				t.Logf("%s smiles: %.2f", name, a.Smile)
			}
		}
		for _, name := range serious {
			if a := measured(t, m, name).Attributes; a.Smile >= .5 {
				wrong++
				t.Logf("%s is serious: %.2f", name, a.Smile)
			}
		}
		if wrong > 3 {
			t.Errorf("%d of %d wrong", wrong, len(smiling)+len(serious))
		}
	})
}

func TestSunglasses(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		a := measured(t, m, "conditions/sunglasses_0.jpg").Attributes
		if a.Sunglasses < .5 || !a.RightEyeHidden || !a.LeftEyeHidden {
			t.Errorf("sunglasses %.2f, hidden eyes %v %v", a.Sunglasses, a.RightEyeHidden, a.LeftEyeHidden)
		}
	})
	// Lenses painted on bare faces.
	m := pickPack(t, "zoo")
	found, all := 0, 0
	for _, name := range serious {
		img := picture(t, name)
		d := largest(t, m, img, name)
		var out Measurement
		if err := m.Measure(img, d, &out); err != nil {
			t.Fatal(err)
		}
		if err := m.Measure(lensed(img, &out), d, &out); err != nil {
			t.Fatal(err)
		}
		if !out.HasAttributes {
			continue
		}
		all++
		if out.Sunglasses >= .5 {
			found++
		} else {
			t.Logf("%s: %.2f", name, out.Sunglasses)
		}
	}
	if found*10 < all*9 {
		t.Errorf("%d of %d painted lenses found", found, all)
	}
}

func TestMaskedFaces(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		img := picture(t, "conditions/mask_grid10.jpeg")
		list, err := m.Detect(img, nil)
		if err != nil {
			t.Fatal(err)
		}
		covered, measured := 0, 0
		for _, d := range list {
			var out Measurement
			if err := m.Measure(img, d, &out); err != nil {
				t.Fatal(err)
			}
			if !out.HasAttributes { // turned, by the mesh of base
				continue
			}
			if measured++; out.MouthOccluded >= .5 {
				covered++
			}
		}
		if measured < 9 || covered < measured {
			t.Errorf("%d of %d measured masks found, of %d faces", covered, measured, len(list))
		}
	})
}

func TestHiddenEyes(t *testing.T) {
	m := pickPack(t, "zoo")
	if a := measured(t, m, "conditions/partial_obama2.jpg").Attributes; !a.LeftEyeHidden || a.RightEyeHidden {
		t.Errorf("the left eye lies outside the picture; hidden are right %v, left %v", a.RightEyeHidden, a.LeftEyeHidden)
	}
	for _, name := range []string{"conditions/open_eyes_d9.jpg", "conditions/closed_eyes_d9.jpg"} {
		if a := measured(t, m, name).Attributes; a.LeftEyeHidden || a.RightEyeHidden {
			t.Errorf("%s: hidden %v %v", name, a.RightEyeHidden, a.LeftEyeHidden)
		}
	}
}

func TestNoAttributesOfTurnedFaces(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		for _, name := range []string{"conditions/profile_a_zub.jpg", "conditions/profile_b_zub.jpg", "conditions/glasses_1.jpg"} {
			if a := measured(t, m, name).Attributes; a != (Attributes{}) {
				t.Errorf("%s: %+v", name, a)
			}
		}
	})
}

// lensed paints a dark lens over each eye.
func lensed(img *Image, face *Measurement) *Image {
	out := &Image{img.Width, img.Height, append([]byte(nil), img.Pix...)}
	for _, eye := range [2][2]int{{rightOuter, rightInner}, {leftInner, leftOuter}} {
		a, b := face.Mesh[eye[0]], face.Mesh[eye[1]]
		c, w := middle(a, b), distance(a, b)
		for y := range img.Height {
			for x := range img.Width {
				dx, dy := (float32(x)-c.X)/(w*.85), (float32(y)-c.Y-w*.1)/(w*.7)
				if dx*dx+dy*dy < 1 {
					for k := range 3 {
						out.Pix[(y*img.Width+x)*3+k] /= 8
					}
				}
			}
		}
	}
	return out
}
