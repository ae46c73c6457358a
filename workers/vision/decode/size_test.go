package decode

import (
	"errors"
	"testing"

	"github.com/asticode/go-astiav"

	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
)

// Whatever the bytes, decoders never find a picture of another size than the checks do.
func FuzzSize(f *testing.F) {
	for _, data := range imagefiletest.Small() {
		f.Add(data)
	}
	d, frame := New(1<<20), astiav.AllocFrame()
	f.Cleanup(func() { d.Close(); frame.Free() })
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := d.Decode(data, frame); errors.Is(err, errSize) {
			t.Error(err)
		}
		frame.Unref()
	})
}
