// Package imagemodification is the worker that looks for traces of editing in frames. It is off by default.
package imagemodification

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/forensics"
)

// maxPixels is the largest frame, in pixels, that is looked at: a score takes a second of processor time there.
const maxPixels = 4_000_000

// ghostLimit is the difference of forensics.Ghost that is laid on score 0.5.
const ghostLimit = 0.2

// Frames gives the images that faces were found in.
type Frames interface {
	FrameOf(ctx context.Context, f *schemas.Face) (*schemas.Frame, error)
}

// Worker scores JPEG frames. It has no state.
type Worker struct{ frames Frames }

// New returns the worker.
func New(frames Frames) *Worker { return &Worker{frames} }

// Name is "image-modification".
func (w *Worker) Name() string { return schemas.WorkerImageModification }

// Judge gives code 103 to a frame whose score is under the threshold; a threshold of 0 switches it off. A frame that is no
// JPEG, is too large or has too little background gets no score.
func (w *Worker) Judge(ctx context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
	v := &schemas.Verdict{Estimations: &schemas.Estimations{}}
	threshold := s.Settings.Thresholds.ImageModification
	if threshold == 0 {
		return v, nil
	}
	frame, err := w.frames.FrameOf(ctx, f)
	if errors.Is(err, streams.ErrNotFound) {
		return v, nil // erased, or pushed out: nothing to say
	}
	if err != nil {
		return nil, err
	}
	box := f.GetEstimations().GetFramePosition().GetFace()
	face := image.Rect(int(box.GetX()), int(box.GetY()), int(box.GetX()+box.GetWidth()), int(box.GetY()+box.GetHeight()))
	score, ok, err := Score(frame.GetImage(), face)
	if err != nil {
		return nil, streams.Blame(streams.Input, fmt.Errorf("frame %d: %w", f.GetFrame(), err))
	}
	if !ok {
		return v, nil
	}
	v.Estimations.ImageModification = &score
	if score < threshold {
		v.Errors = []int32{schemas.CodeImageModified}
	}
	return v, nil
}

// Score is 0..1, 1 = original, for a JPEG in which the face fills a rectangle. It is 0 when the picture names the editor it
// came from, which no camera does; else it falls with the JPEG ghost. ok is false when there is nothing to score.
func Score(data []byte, face image.Rectangle) (score float64, ok bool, err error) {
	if forensics.Editor(data) != "" {
		return 0, true, nil
	}
	config, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil || config.Width*config.Height > maxPixels {
		return 0, false, nil //nolint:nilerr // PNG, or too large: the detector has decoded it, so it is no fault
	}
	decoded, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return 0, false, fmt.Errorf("decode: %w", err)
	}
	ghost, ok, err := forensics.Ghost(luma(decoded), face)
	return max(0, 1-ghost/(2*ghostLimit)), ok, err
}

// luma is the brightness as the file has it, without a way through RGB.
func luma(img image.Image) *forensics.Luma {
	pix, stride := []byte(nil), 0
	switch m := img.(type) {
	case *image.YCbCr:
		pix, stride = m.Y, m.YStride
	case *image.Gray:
		pix, stride = m.Pix, m.Stride
	default: // CMYK and RGB files are no camera's
		return &forensics.Luma{}
	}
	l := &forensics.Luma{Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
	for y := range l.Height {
		l.Pix = append(l.Pix, pix[y*stride:y*stride+l.Width]...)
	}
	return l
}
