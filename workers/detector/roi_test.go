package detector

import (
	"testing"

	"github.com/selene-liveness/selene/schemas"
)

func TestRegionOfInterest(t *testing.T) {
	frame := &schemas.Rect{Width: 1000, Height: 500}
	face := &schemas.Rect{X: 400, Y: 150, Width: 200, Height: 200}
	for name, c := range map[string]struct {
		roi  schemas.ROI
		want bool
	}{
		"the whole frame":                  {schemas.ROI{CenterX: .5, CenterY: .5, Width: 1, Height: 1}, true},
		"fractions round the face":         {schemas.ROI{CenterX: .5, CenterY: .5, Width: .2, Height: .4}, true},
		"fractions, too narrow":            {schemas.ROI{CenterX: .5, CenterY: .5, Width: .19, Height: .4}, false},
		"fractions, too low":               {schemas.ROI{CenterX: .5, CenterY: .5, Width: .2, Height: .39}, false},
		"pixels round the face":            {schemas.ROI{CenterX: 500, CenterY: 250, Width: 200, Height: 200}, true},
		"pixels beside the face":           {schemas.ROI{CenterX: 510, CenterY: 250, Width: 200, Height: 200}, false},
		"pixels of the size of the frame":  {schemas.ROI{CenterX: 100, CenterY: 250, Width: 1000, Height: 500}, true},
		"a place in pixels, a part of all": {schemas.ROI{CenterX: 500, CenterY: 250, Width: .2, Height: .4}, true},
		"above":                            {schemas.ROI{CenterX: .5, CenterY: .25, Width: 1, Height: .5}, false},
	} {
		if got := within(&c.roi, face, frame); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	// For a face that reaches over the edge, a region without bounds passes: the margins are checked instead.
	if outside := (&schemas.Rect{X: -20, Y: 400, Width: 200, Height: 200}); !within(&schemas.ROI{CenterX: .5, CenterY: .5, Width: 1, Height: 1}, outside, frame) {
		t.Error("a region without bounds refuses a face over the edge")
	}
}
