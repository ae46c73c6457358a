package vision

import (
	"path/filepath"
	"testing"
)

func TestDetectEveryStill(t *testing.T) {
	root := faces(t)
	files, err := filepath.Glob(filepath.Join(root, "match", "*", "*"))
	if err != nil || len(files) < 60 {
		t.Fatalf("%d pictures, %v", len(files), err)
	}
	eachPack(t, func(t *testing.T, m *Models) {
		alone := 0
		for _, f := range files {
			name, _ := filepath.Rel(root, f)
			img := picture(t, name)
			found, err := m.Detect(img, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(found) == 0 {
				t.Errorf("%s: no face found", name)
				continue
			}
			if len(found) == 1 {
				alone++
			}
			d := found[0]
			if d.Points[0].X >= d.Points[1].X || d.Points[2].Y <= min(d.Points[0].Y, d.Points[1].Y) {
				t.Errorf("%s: points out of order: %v", name, d.Points)
			}
		}
		if alone < len(files)*95/100 {
			t.Errorf("one face in %d of %d portraits; more than one in 20 has a spurious second face", alone, len(files))
		}
	})
}

func TestDetectCounts(t *testing.T) {
	for name, want := range map[string]int{
		"multi/bbt1.jpg": 4, "multi/bbt2.jpg": 3, "multi/bbt3.jpg": 5, "multi/two_people.jpg": 2, "multi/couple.jpg": 2,
	} {
		eachPack(t, func(t *testing.T, m *Models) {
			found, err := m.Detect(picture(t, name), nil)
			if err != nil || len(found) != want {
				t.Errorf("%s: %d faces, want %d (%v)", name, len(found), want, err)
			}
			for i := 1; i < len(found); i++ {
				if a, b := found[i-1].Box, found[i].Box; a.Width*a.Height < b.Width*b.Height {
					t.Errorf("%s: faces are not sorted by size", name)
				}
			}
		})
	}
}

func TestDetectNothing(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		for _, size := range [][2]int{{1, 1}, {1, 900}, {640, 480}, {2000, 3}} {
			img := &Image{size[0], size[1], make([]byte, size[0]*size[1]*3)}
			found, err := m.Detect(img, nil)
			if err != nil || len(found) != 0 {
				t.Errorf("black %v: %d faces, %v", size, len(found), err)
			}
		}
		if _, err := m.Detect(&Image{10, 10, nil}, nil); err == nil {
			t.Error("a picture without pixels is taken")
		}
	})
}
