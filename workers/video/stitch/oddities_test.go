package stitch

import (
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
)

// Videos hold the pictures that were judged, and no others.
func TestOddities(t *testing.T) {
	var images [][]byte
	refused := 0
	for _, o := range imagefiletest.Oddities() {
		images = append(images, o.Data)
		if o.Shown == nil {
			refused++
		}
	}
	res := mustStitch(t, steady(100*time.Millisecond, images...), Options{Codec: H264, Path: outPath(t, H264)})
	if res.Skipped != refused || res.Frames != len(images)-refused {
		t.Errorf("%d frames, %d left out; want %d and %d: %v", res.Frames, res.Skipped, len(images)-refused, refused, res.SkipReason)
	}
}
