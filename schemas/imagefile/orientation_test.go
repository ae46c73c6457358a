package imagefile_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
)

func orientation(t *testing.T, file []byte) imagefile.Orientation {
	t.Helper()
	info, err := imagefile.Verify(file, imagefile.MaxPixels)
	if err != nil {
		t.Fatal(err)
	}
	return info.Orientation
}

func TestOrientation(t *testing.T) {
	photo, drawing := imagefiletest.JPEG(imagefiletest.Picture(20, 10)), imagefiletest.PNG(imagefiletest.Picture(20, 10))
	for o := range imagefile.LeftIsTop {
		o++
		for _, file := range [][]byte{photo, drawing} {
			turned := imagefiletest.Oriented(file, o)
			if got := orientation(t, turned); got != o {
				t.Errorf("%d: %d", o, got)
			}
			// The first block counts.
			if got := orientation(t, imagefiletest.Oriented(imagefiletest.Oriented(file, imagefile.Mirrored), o)); got != o {
				t.Errorf("%d before another: %d", o, got)
			}
		}
		info := imagefile.Info{Width: 20, Height: 10, Orientation: o}
		w, h := info.Shown()
		if w*h != 200 || (w == 10) != o.Sideways() {
			t.Errorf("%d: %d x %d", o, w, h)
		}
		seen := map[[2]int]bool{}
		for y := range h {
			for x := range w {
				sx, sy := o.Stored(x, y, 20, 10)
				if sx < 0 || sy < 0 || sx >= 20 || sy >= 10 {
					t.Fatalf("%d: %d,%d is %d,%d", o, x, y, sx, sy)
				}
				seen[[2]int{sx, sy}] = true
			}
		}
		if len(seen) != 200 {
			t.Errorf("%d: %d pixels", o, len(seen))
		}
	}
}

// What viewers take for no orientation leaves a picture as it is.
func TestNoOrientation(t *testing.T) {
	photo := imagefiletest.JPEG(imagefiletest.Picture(20, 10))
	little := "II*\x00\x08\x00\x00\x00\x02\x00\x00\x01\x04\x00\x01\x00\x00\x00\x01\x00\x00\x00\x12\x01\x03\x00\x01\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00"
	exif := func(tiff string) []byte {
		content := "Exif\x00\x00" + tiff
		return slices.Concat(photo[:2], []byte("\xff\xe1\x00"), []byte{byte(len(content) + 2)}, []byte(content), photo[2:])
	}
	if got := orientation(t, exif(little)); got != imagefile.LeftIsTop {
		t.Errorf("least significant byte first, second entry: %d", got)
	}
	for name, tiff := range map[string]string{
		"empty": "", "cut": little[:30], "no entries": little[:8] + "\x00\x00", "directory far away": little[:4] + "\xff\xff\xff\xff",
		"value 9": strings.Replace(little, "\x08\x00\x00\x00\x00\x00\x00\x00", "\x09\x00\x00\x00\x00\x00\x00\x00", 1), "another order": "XX" + little[2:],
		"two values": strings.Replace(little, "\x12\x01\x03\x00\x01", "\x12\x01\x03\x00\x02", 1), "long": strings.Replace(little, "\x12\x01\x03", "\x12\x01\x04", 1),
	} {
		if got := orientation(t, exif(tiff)); got != imagefile.Upright {
			t.Errorf("%s: %d", name, got)
		}
	}
	if got := orientation(t, photo); got != imagefile.Upright {
		t.Errorf("without EXIF: %d", got)
	}
	end := bytes.LastIndex(photo, []byte("\xff\xd9"))
	late := slices.Concat(photo[:end], imagefiletest.Oriented(photo, imagefile.UpsideDown)[2:38], photo[end:])
	if got := orientation(t, late); got != imagefile.Upright {
		t.Errorf("after the pixels: %d", got)
	}
}
