package imagefile_test

import (
	"slices"
	"testing"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
)

func TestFormats(t *testing.T) {
	for f, names := range map[imagefile.Format][]string{
		imagefile.JPEG: {"JPEG", "image/jpeg", ".jpg"}, imagefile.PNG: {"PNG", "image/png", ".png"}, 0: {"", "", ""},
	} {
		if got := []string{f.String(), f.MediaType(), f.Extension()}; !slices.Equal(got, names) {
			t.Errorf("%d: %q", f, got)
		}
		if f != 0 && (imagefile.OfMediaType(names[1]) != f || imagefile.OfName("a"+names[2]) != f) {
			t.Errorf("%s is not found again", f)
		}
	}
	for name, want := range map[string]imagefile.Format{"a/B.JPEG": imagefile.JPEG, "x.PNG": imagefile.PNG, "x.bmp": 0, "png": 0, "": 0} {
		if got := imagefile.OfName(name); got != want {
			t.Errorf("%q is a name of %q", name, got)
		}
	}
	if f := imagefile.OfMediaType(""); f != 0 {
		t.Errorf("no media type is %q", f)
	}
}

// A decision by the first bytes needs no more of them.
func TestDetect(t *testing.T) {
	for _, s := range imagefiletest.Samples() {
		if s.Verdict == imagefiletest.Good && imagefile.Detect(s.Data[:imagefile.MagicLength]) != imagefile.Detect(s.Data) {
			t.Errorf("%s: the first bytes do not determine its format", s.Name)
		}
	}
	if f := imagefile.Detect([]byte("\xff\xd8")); f != 0 {
		t.Errorf("two bytes are %q", f)
	}
}
