package vision_test

import (
	"errors"
	"testing"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
	"github.com/selene-liveness/selene/workers/vision"
)

// What is judged is what viewers show, or nothing.
func TestOddities(t *testing.T) {
	d := vision.NewDecoder(imagefile.MaxPixels)
	defer d.Close()
	for _, o := range imagefiletest.Oddities() {
		var img vision.Image
		switch err := d.Decode(o.Data, &img); {
		case o.Shown == nil:
			if !errors.Is(err, vision.ErrUndecodable) {
				t.Errorf("%s: decoded to %d x %d, %v", o.Name, img.Width, img.Height, err)
			}
		case err != nil:
			t.Errorf("%s: %v", o.Name, err)
		case img.Width != imagefiletest.OdditySide || img.Height != imagefiletest.OdditySide:
			t.Errorf("%s: %d x %d pixels", o.Name, img.Width, img.Height)
		default:
			const side = imagefiletest.OdditySide
			for quarter, want := range o.Shown {
				x, y := side/4+quarter%2*side/2, side/4+quarter/2*side/2
				got := img.Pix[3*(y*side+x):][:3]
				for i, v := range []byte{want.R, want.G, want.B} {
					if d := int(got[i]) - int(v); max(d, -d) > imagefiletest.OddityTolerance {
						t.Errorf("%s: quarter %d is %v, want %v", o.Name, quarter, got, want)
						break
					}
				}
			}
		}
	}
}
