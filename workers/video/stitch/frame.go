package stitch

import (
	"context"
	"math"
	"slices"
	"time"
)

// Frame is one image of a session.
type Frame struct {
	// Image is a whole JPEG or PNG file.
	Image []byte
	// At is when the image arrived. Only differences count; a frame that claims to be older than the one before it is
	// shown right after that one.
	At time.Time
	// Draw is painted over the picture; the zero value paints nothing.
	Draw Drawing
}

// Source returns the next frame in order of arrival, and io.EOF after the last one. Any other error ends the work.
// Frames are read a few ahead of the one that is encoded: an image must not change once it was returned. Source is never
// called by two goroutines at once, and not after an error.
type Source func(ctx context.Context) (Frame, error)

// Drawing is what is painted over one picture. Boxes and points are in pixels of the image before any turning, flipping
// or scaling and follow it through them; texts stand upright on the finished picture.
type Drawing struct {
	// Texts go into the corners; those of one corner are set below each other, and so are left and right where they are
	// too long to stand side by side. Only the first 8 are drawn.
	Texts []Text `json:",omitempty"`
	// Boxes are outlines, as of faces. Only the first 64 are drawn.
	Boxes []Box `json:",omitempty"`
	// Points are x and y of landmarks. Only the first 2048 are drawn.
	Points [][2]float32 `json:",omitempty"`
}

// Text is a block of at most 32 lines in a corner: 0 and 1 top left, 2 top right, 3 bottom left, 4 bottom right. It is
// drawn as it is, whatever is in it; what does not fit the picture is cut off. The font has Latin, Greek and Cyrillic
// letters, and a box for any other.
type Text struct {
	Corner int
	Lines  []string
}

// Box is a rectangle; X and Y are its top left corner.
type Box struct {
	X, Y, Width, Height float32
}

const (
	maxBoxes, maxPoints = 64, 2048
	// A line of so many bytes, and so many lines, are more than a picture of a usual shape has room for.
	maxTexts, maxLines, maxLine = 8, 32, 512
)

// trimmed leaves out what would not be drawn, and numbers that are none.
func (d Drawing) trimmed() Drawing {
	d.Texts = slices.Clone(d.Texts[:min(len(d.Texts), maxTexts)])
	for i, t := range d.Texts {
		d.Texts[i].Lines = slices.Clone(t.Lines[:min(len(t.Lines), maxLines)])
		for j, line := range d.Texts[i].Lines {
			d.Texts[i].Lines[j] = line[:min(len(line), maxLine)]
		}
	}
	d.Boxes = d.Boxes[:min(len(d.Boxes), maxBoxes)]
	if slices.ContainsFunc(d.Boxes, unreal) {
		d.Boxes = slices.DeleteFunc(slices.Clone(d.Boxes), unreal)
	}
	d.Points = d.Points[:min(len(d.Points), maxPoints)]
	if slices.ContainsFunc(d.Points, unrealPoint) {
		d.Points = slices.DeleteFunc(slices.Clone(d.Points), unrealPoint)
	}
	return d
}

func unreal(b Box) bool {
	return unrealPoint([2]float32{b.X, b.Y}) || unrealPoint([2]float32{b.Width, b.Height})
}

func unrealPoint(p [2]float32) bool {
	x, y := float64(p[0]), float64(p[1])
	return math.IsNaN(x) || math.IsInf(x, 0) || math.IsNaN(y) || math.IsInf(y, 0)
}

func (d Drawing) empty() bool { return len(d.Texts) == 0 && len(d.Boxes) == 0 && len(d.Points) == 0 }
