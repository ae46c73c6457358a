package forensics

import (
	"testing"

	"github.com/selene-liveness/selene/workers/workertest"
)

func TestEditor(t *testing.T) {
	for name, want := range map[string]string{"conditions/partial_obama.jpg": "Photoshop", "conditions/frontal_zub.jpg": ""} {
		if got := Editor(workertest.Picture(t, name)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func FuzzEditor(f *testing.F) {
	for _, seed := range []string{"", "\xff\xd8\xff\xe1\x00\x0bPhotoshop\xff\xda\x00\x02", "\xff\xd8\xff\xff\xfe\x00\x06GIMP", "\xff\xd8\xff\xe1\xff\xffshort", "\xff\xd8\xff\xe1\x00\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, image []byte) {
		before := string(image)
		Editor(image)
		if before != string(image) {
			t.Fatal("the image was changed")
		}
	})
}
