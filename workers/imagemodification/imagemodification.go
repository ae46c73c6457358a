// Package imagemodification is the worker that detects traces of editing in frames. It is off by default.
package imagemodification

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/imagemodification/internal/forensics"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/vision"
)

// maxPixels is the size of the largest frame that is scored, which takes a second of processor time.
const maxPixels = 4_000_000

// ghostLimit is the result of forensics.Ghost that gives a score of 0.5.
const ghostLimit = 0.2

// Frames returns the image that a face was found in, or streams.ErrNotFound.
type Frames interface {
	FrameOf(ctx context.Context, f *schemas.Face) (*schemas.Frame, error)
}

// Worker scores JPEG frames. It has no state and is safe for concurrent use.
type Worker struct {
	frames  Frames
	decoder pictures.Decoder
}

// New returns the worker, which decodes frames with decoder.
func New(frames Frames, decoder pictures.Decoder) *Worker { return &Worker{frames, decoder} }

// Name returns "image-modification".
func (w *Worker) Name() string { return schemas.WorkerImageModification }

// Judge gives code 103 to a frame whose score is below the threshold, and 109 to one that cannot be scored: a PNG, a picture
// that is too large or has too little background, or one that no longer exists. A threshold of 0 switches both off.
func (w *Worker) Judge(ctx context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
	v := &schemas.Verdict{Estimations: &schemas.Estimations{}}
	threshold := s.Settings.Thresholds.ImageModification
	if threshold == 0 {
		return v, nil
	}
	frame, err := w.frames.FrameOf(ctx, f)
	if errors.Is(err, streams.ErrNotFound) {
		v.Errors = []int32{schemas.CodeImageModificationNone} // erased or expired
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	box := f.GetEstimations().GetFramePosition().GetFace()
	face := image.Rect(int(box.GetX()), int(box.GetY()), int(box.GetX()+box.GetWidth()), int(box.GetY()+box.GetHeight()))
	score, ok, err := w.score(ctx, frame.GetImage(), face)
	if errors.Is(err, vision.ErrUndecodable) {
		return nil, streams.Blame(streams.Input, fmt.Errorf("frame %d: %w", f.GetFrame(), err))
	}
	if err != nil {
		return nil, err
	}
	if !ok || math.IsNaN(score) {
		v.Errors = []int32{schemas.CodeImageModificationNone}
		return v, nil
	}
	v.Estimations.ImageModification = &score
	if score < threshold {
		v.Errors = []int32{schemas.CodeImageModified}
	}
	return v, nil
}

// score returns 0..1, 1 = original, for a JPEG in which the face fills a rectangle, in the picture as shown. It is 0 when the picture
// names the editor it came from, which no camera does; otherwise it falls with the JPEG ghost. ok is false when nothing can be scored.
func (w *Worker) score(ctx context.Context, data []byte, face image.Rectangle) (score float64, ok bool, err error) {
	if forensics.Editor(data) != "" {
		return 0, true, nil
	}
	luma, turn, err := w.lumaOf(ctx, data)
	if err != nil || luma == nil {
		return 0, false, err
	}
	ghost, ok, err := forensics.Ghost(luma, stored(face, turn, luma))
	return max(0, 1-ghost/(2*ghostLimit)), ok, err
}

// stored returns where a rectangle of the shown picture is in the stored one, whose blocks of eight by eight pixels matter here.
func stored(face image.Rectangle, turn imagefile.Orientation, l *forensics.Luma) image.Rectangle {
	x0, y0 := turn.Stored(face.Min.X, face.Min.Y, l.Width, l.Height)
	x1, y1 := turn.Stored(face.Max.X, face.Max.Y, l.Width, l.Height)
	return image.Rect(x0, y0, x1, y1)
}

// lumaOf returns the brightness as a JPEG stores it, without converting to RGB and back, and how it is turned. It is nil for a
// picture that is too large, a PNG, or a JPEG in RGB or CMYK, which no camera writes.
func (w *Worker) lumaOf(ctx context.Context, data []byte) (*forensics.Luma, imagefile.Orientation, error) {
	info, err := imagefile.Inspect(data, maxPixels)
	if errors.Is(err, imagefile.ErrTooLarge) || info.Format == imagefile.PNG || info.Components > 3 {
		return nil, 0, nil
	}
	luma, err := w.decoder.Luma(ctx, data)
	if err != nil || luma == nil {
		return nil, 0, err
	}
	return &forensics.Luma{Width: info.Width, Height: info.Height, Pix: luma}, info.Orientation, nil
}
