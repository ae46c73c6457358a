package video

import (
	"fmt"
	"image"
	"testing"
)

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
