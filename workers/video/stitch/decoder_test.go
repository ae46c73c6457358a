package stitch

import (
	"testing"

	"github.com/asticode/go-astiav"
)

// Images come from outside: whatever their bytes, decoding gives a picture or an error and the decoder stays usable.
func FuzzDecode(f *testing.F) {
	silenceFFmpeg()
	good := marked(f, 1, 32, 32)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(pngOf(f, markedImage(1, 16, 16)))
	f.Add([]byte{0xff, 0xd8, 0xff})
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		var d decoder
		defer d.free()
		picture := astiav.AllocFrame()
		defer picture.Free()
		if err := d.decode(data, picture); err == nil {
			if picture.Width() <= 0 || picture.Width()*picture.Height() > maxPixels {
				t.Errorf("decoded %d bytes to %dx%d", len(data), picture.Width(), picture.Height())
			}
			if err := newCanvas(Options{}).fitAndFree(picture); err != nil {
				t.Errorf("decoded %d bytes to a picture that cannot be converted: %v", len(data), err)
			}
			picture.Unref()
		}
		if err := d.decode(good, picture); err != nil {
			t.Errorf("after %d bytes a good image fails: %v", len(data), err)
		}
	})
}

func (c *canvas) fitAndFree(f *astiav.Frame) error {
	defer c.free()
	return c.fit(f, Drawing{})
}
