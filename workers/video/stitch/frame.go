package stitch

import (
	"context"
	"math"
	"slices"
	"time"
)

// Frame is one image of a session.
type Frame struct {
	// Image is a complete JPEG or PNG file.
	Image []byte
	// At is the time at which the image arrived. Only differences matter; a frame that is older than the previous one is
	// shown right after it.
	At time.Time
	// Draw is painted over the picture; the zero value is empty.
	Draw Drawing
}

// Source returns the next frame in order of arrival, and io.EOF after the last one. Any other error ends the
// video. Frames are read a few ahead of the one that is encoded: an image must not change after it was returned. Source is
// never called by two goroutines at once, and not after an error.
type Source func(ctx context.Context) (Frame, error)

// Drawing is painted over one picture. Boxes and points are in pixels of the image before it is rotated, flipped and
// scaled, and are transformed with it; texts are upright on the finished picture.
type Drawing struct {
	// Texts are drawn in the corners; those of one corner are stacked, and so are left and right ones that are too long to
	// fit side by side. Only the first 8 are drawn.
	Texts []Text `json:",omitempty"`
	// Boxes are drawn as outlines. Only the first 64 are drawn.
	Boxes []Box `json:",omitempty"`
	// Points are x and y, such as those of landmarks. Only the first 2048 are drawn.
	Points [][2]float32 `json:",omitempty"`
}

// Text is a block of at most 32 lines in a corner: 0 and 1 top left, 2 top right, 3 bottom left, 4 bottom right. It is
// drawn literally, and cut off where it does not fit the picture. The font has Latin, Greek and Cyrillic letters, and a
// box for any other.
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
	// Lines of this many bytes, and this many lines, do not fit a picture of a usual shape.
	maxTexts, maxLines, maxLine = 8, 32, 512
)

// trimmed returns d without the parts that would not be drawn, and without NaN and infinite numbers.
func (d Drawing) trimmed() Drawing {
	d.Texts = slices.Clone(d.Texts[:min(len(d.Texts), maxTexts)])
	for i, t := range d.Texts {
		d.Texts[i].Lines = slices.Clone(t.Lines[:min(len(t.Lines), maxLines)])
		for j, line := range d.Texts[i].Lines {
			d.Texts[i].Lines[j] = line[:min(len(line), maxLine)]
		}
	}
	d.Boxes = d.Boxes[:min(len(d.Boxes), maxBoxes)]
	if slices.ContainsFunc(d.Boxes, isUnreal) {
		d.Boxes = slices.DeleteFunc(slices.Clone(d.Boxes), isUnreal)
	}
	d.Points = d.Points[:min(len(d.Points), maxPoints)]
	if slices.ContainsFunc(d.Points, isUnrealPoint) {
		d.Points = slices.DeleteFunc(slices.Clone(d.Points), isUnrealPoint)
	}
	return d
}

func isUnreal(b Box) bool {
	return isUnrealPoint([2]float32{b.X, b.Y}) || isUnrealPoint([2]float32{b.Width, b.Height})
}

func isUnrealPoint(p [2]float32) bool {
	x, y := float64(p[0]), float64(p[1])
	return math.IsNaN(x) || math.IsInf(x, 0) || math.IsNaN(y) || math.IsInf(y, 0)
}

func (d Drawing) isEmpty() bool { return len(d.Texts) == 0 && len(d.Boxes) == 0 && len(d.Points) == 0 }
