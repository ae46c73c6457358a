package security

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/vision/decode"
)

// keptBound is the memory in KiB that decoders may keep after the largest pictures: less than one of these takes.
const keptBound = 64 << 10

// The attack: large pictures, many at a time. The decoders, which live as long as their worker, must not keep the memory.
func TestStormOfLargePicturesLeavesNoMemory(t *testing.T) {
	var large bytes.Buffer
	if err := jpeg.Encode(&large, image.NewYCbCr(image.Rect(0, 0, 4096, 3072), image.YCbCrSubsampleRatio420), nil); err != nil {
		t.Fatal(err)
	}
	decoders, pictures := make([]*vision.Decoder, 6), make([]vision.Image, 6)
	for i := range decoders {
		decoders[i] = vision.NewDecoder(imagefile.MaxPixels)
		defer decoders[i].Close()
	}
	decode.Trim()
	debug.FreeOSMemory()
	before := residentKiB(t, os.Getpid())
	var storm sync.WaitGroup
	for i, d := range decoders {
		storm.Go(func() {
			defer pictures[i].Release()
			if err := d.Decode(large.Bytes(), &pictures[i]); err != nil {
				t.Error(err)
			}
		})
	}
	storm.Wait()
	decode.Trim()
	debug.FreeOSMemory()
	if grown := residentKiB(t, os.Getpid()) - before; grown > keptBound {
		t.Errorf("%d decoders keep %d KiB after a picture each; at most %d are expected", len(decoders), grown, keptBound)
	}
}
