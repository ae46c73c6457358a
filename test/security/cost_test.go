package security

import (
	"testing"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
	"github.com/selene-liveness/selene/workers/vision"
)

// costly returns the pictures that take the longest, of those that are accepted.
func costly() map[string][]byte {
	return map[string][]byte{
		"JPEG of 21 scans":       imagefiletest.ScanBomb(4096, 3072, 21, true),
		"JPEG of 64 scans, 4 MP": imagefiletest.ScanBomb(2048, 2048, 64, true),
		"PNG, RGBA":              imagefiletest.PlainPNG(4096, 3072, 8, 6, false, 4),
		"PNG, RGBA in passes":    imagefiletest.PlainPNG(4096, 3072, 8, 6, true, 4),
		"PNG, 16 bits in passes": imagefiletest.PlainPNG(4096, 3072, 16, 4, true, 4),
		"PNG, palette in passes": imagefiletest.PlainPNG(4096, 3072, 8, 3, true, 0),
		"PNG of empty blocks":    imagefiletest.BlockBomb(2048, 1800, 10<<20),
	}
}

func TestCostlyPicturesAreAccepted(t *testing.T) {
	for name, data := range costly() {
		if _, err := imagefile.Inspect(data, imagefile.MaxPixels); err != nil {
			t.Errorf("%s is not among the costly pictures that pass: %v", name, err)
		}
	}
}

// What the worst pictures cost at the door and in a worker, with one thread.
func BenchmarkCostlyPictures(b *testing.B) {
	d := vision.NewDecoder(imagefile.MaxPixels)
	defer d.Close()
	for name, data := range costly() {
		b.Run("door/"+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := imagefile.Verify(data, imagefile.MaxPixels); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("worker/"+name, func(b *testing.B) {
			var image vision.Image
			for b.Loop() {
				if err := d.Decode(data, &image); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
