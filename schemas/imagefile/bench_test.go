package imagefile_test

import (
	"bytes"
	"fmt"
	"image/png"
	"testing"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
)

// What the checks cost beside decoding the same file, of 960 x 540 pixels.
func BenchmarkChecks(b *testing.B) {
	picture := imagefiletest.Picture(960, 540)
	for _, file := range [][]byte{imagefiletest.JPEG(picture), imagefiletest.PNG(picture)} {
		format := imagefile.Detect(file)
		checks := []struct {
			name string
			run  func() error
		}{
			{"Inspect", func() error { _, err := imagefile.Inspect(file, imagefile.MaxPixels); return err }},
			{"Verify", func() error { _, err := imagefile.Verify(file, imagefile.MaxPixels); return err }},
			{"image-png", func() error { _, err := png.Decode(bytes.NewReader(file)); return err }},
		}
		for _, c := range checks {
			if c.name == "image-png" && format != imagefile.PNG {
				continue
			}
			b.Run(fmt.Sprintf("%s/%s", format, c.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := c.run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
