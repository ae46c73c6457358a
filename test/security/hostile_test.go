package security

import (
	"bytes"
	"errors"
	"image"
	_ "image/jpeg" // another opinion
	_ "image/png"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
	"github.com/selene-liveness/selene/workers/vision"
)

const (
	hostileImages = 10_000
	// growthBound is the memory that the process may take after the first thousand images, whatever the rest are: the largest
	// picture as FFmpeg holds it and as RGB, twice, since memory that was freed is kept for a while.
	growthBound = 200 << 10 // KiB
)

// Each of many images that a seeded generator damages is refused at the door, which gives it a code, or is one picture for all
// that read it: of one size, within the limits. Nothing that the door refuses is decoded.
func TestGeneratedImages(t *testing.T) {
	random := rand.New(rand.NewPCG(12, 1))
	files := imagefiletest.Small()
	d := vision.NewDecoder(imagefile.MaxPixels)
	defer d.Close()
	var decoded vision.Image
	refused, undecodable, pictures, before, count := 0, 0, 0, 0, hostileImages
	if !testing.Short() {
		count *= 10
	}
	for i := range count {
		data := imagefiletest.Damage(random, files)
		info, err := imagefile.Verify(data, imagefile.MaxPixels)
		decodeErr := d.Decode(data, &decoded)
		switch {
		case err != nil && decodeErr == nil:
			t.Fatalf("image %d is decoded, and refused at the door: %v", i, err)
		case decodeErr != nil && !errors.Is(decodeErr, vision.ErrUndecodable):
			t.Fatalf("image %d: %v", i, decodeErr)
		case err != nil:
			refused++
		case decodeErr != nil:
			undecodable++
		default:
			pictures++
			if w, h := info.Shown(); decoded.Width != w || decoded.Height != h || info.Width*info.Height > imagefile.MaxPixels {
				t.Fatalf("image %d: %+v at the door, decoded to %d x %d", i, info, decoded.Width, decoded.Height)
			}
			if other, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && (other.Width != info.Width || other.Height != info.Height) {
				t.Fatalf("image %d: %+v at the door, %d x %d for the standard library", i, info, other.Width, other.Height)
			}
		}
		if i == count/10 {
			before = residentKiB(t, os.Getpid())
		}
	}
	t.Logf("%d refused at the door, %d by decoders, %d pictures", refused, undecodable, pictures)
	if min(refused, undecodable, pictures) < count/100 {
		t.Error("the generator is one-sided")
	}
	if grown := residentKiB(t, os.Getpid()) - before; grown > growthBound {
		t.Errorf("the process grew by %d KiB; at most %d are expected", grown, growthBound)
	}
}
