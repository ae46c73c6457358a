package video

import (
	"context"
	"image"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/workers/video/stitch"
)

// survey reads the frames of a session without decoding them. It returns how many come before the last limit ones (0 when
// limit is 0), and the size of the largest of the rest, which is zero unless largest is set and it differs from the
// first's.
func (w *Worker) survey(ctx context.Context, session string, limit int, largest bool) (skip int, size image.Point, err error) {
	var sizes []image.Point
	count := 0
	for f, err := range w.sessions.FramesOf(ctx, session) {
		if err != nil {
			return 0, image.Point{}, err
		}
		if !isFirst(f.Message) {
			continue
		}
		count++
		if !largest {
			continue
		}
		switch sizes = append(sizes, sizeOf(f.Message)); {
		case limit > 0 && len(sizes) > limit:
			sizes = sizes[1:]
		case limit == 0:
			sizes = firstAndLargest(sizes)
		}
	}
	if limit > 0 {
		skip = max(0, count-limit)
	}
	if sizes = firstAndLargest(sizes); len(sizes) == 2 {
		size = sizes[1]
	}
	return skip, size, nil
}

// firstAndLargest returns the first size that is not zero and the one with the most pixels, unless they are the same.
func firstAndLargest(sizes []image.Point) (out []image.Point) {
	for _, s := range sizes {
		switch {
		case s == image.Point{} || len(out) > 0 && s == out[0]:
		case len(out) == 0:
			out = append(out, s)
		case s.X*s.Y > out[len(out)-1].X*out[len(out)-1].Y:
			out = append(out[:1], s)
		}
	}
	return out
}

// minSide is the smallest width and height of a video.
const minSide = 64

// sizeOf returns the size of the video for a frame, from its header. It is zero for a frame that no video can hold.
func sizeOf(f *schemas.Frame) image.Point {
	info, err := imagefile.Inspect(f.GetImage(), imagefile.MaxPixels)
	if err != nil {
		return image.Point{}
	}
	width, height := info.Shown()
	size := image.Pt(max(width, minSide), max(height, minSide))
	if (stitch.Options{Codec: stitch.H264, Path: "-", Width: size.X, Height: size.Y}).Check() != nil {
		return image.Point{}
	}
	return size
}
