package video

import (
	"fmt"
	"image"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
)

// A video has the size of its frames as viewers show them.
func TestSizeOfTurnedFrame(t *testing.T) {
	photo := imagefiletest.JPEG(imagefiletest.Picture(160, 120))
	for o, want := range map[imagefile.Orientation]image.Point{imagefile.UpsideDown: {X: 160, Y: 120}, imagefile.RightIsTop: {X: 120, Y: 160}} {
		if got := sizeOf(&schemas.Frame{Image: imagefiletest.Oriented(photo, o)}); got != want {
			t.Errorf("orientation %d: %v, want %v", o, got, want)
		}
	}
}

func TestFirstAndLargest(t *testing.T) {
	small, large, wide := image.Pt(320, 240), image.Pt(640, 480), image.Pt(800, 100)
	for _, c := range []struct{ sizes, want []image.Point }{
		{nil, nil},
		{[]image.Point{{}, {}}, nil},
		{[]image.Point{small, small}, []image.Point{small}},
		{[]image.Point{{}, small, large, wide}, []image.Point{small, large}},
		{[]image.Point{large, wide, {}, small}, []image.Point{large}},
		{[]image.Point{small, wide, large, small}, []image.Point{small, large}},
	} {
		if got := firstAndLargest(c.sizes); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("of %v: %v, want %v", c.sizes, got, c.want)
		}
		var step []image.Point
		for _, s := range c.sizes { // one after another gives the same
			step = firstAndLargest(append(step, s))
		}
		if fmt.Sprint(step) != fmt.Sprint(c.want) {
			t.Errorf("of %v one by one: %v, want %v", c.sizes, step, c.want)
		}
	}
}
