package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/selene-liveness/selene/deploy/tools/mediafile"
	"github.com/selene-liveness/selene/deploy/tools/terminal"
)

// Measurer finds and measures the main face of a picture. It is called from one goroutine.
type Measurer interface {
	// Measure measures one JPEG or PNG file. A picture without a face is not an error.
	Measure(image []byte) (Face, error)
}

// Face is the result of a Measurer.
type Face struct {
	Found         bool
	Count         int     // faces in the picture
	Width, Height float64 // of the main face's box, pixels

	// Pose in degrees: yaw > 0 = turned to the person's left, pitch > 0 = chin up, roll > 0 = tilted to the person's right
	// shoulder.
	HasPose          bool
	Yaw, Pitch, Roll float64

	// Eye aspect ratio: height over width of the opening.
	HasEyes           bool
	RightEye, LeftEye float64
}

// still is one measured picture of the source.
type still struct {
	image     []byte
	mediaType string
	face      Face
	penalty   float64 // added when the server refused the picture
	clip      int     // index in a library, otherwise 0
	pts       time.Duration
}

// cast is the material of the actor: all pictures, and what is normal for the person.
type cast struct {
	stills   []still
	interval time.Duration // usual time between pictures
	pitch    float64       // of the head held straight, degrees
	eyes     float64       // eye aspect ratio of open eyes, 0 when never measured
	width    float64       // usual face width, pixels
}

// Limits on what is measured and kept in memory.
const (
	maxStills     = 5000
	maxStillBytes = 1 << 30
)

func measure(ctx context.Context, src mediafile.Source, m Measurer, progress func(terminal.Progress)) (*cast, error) {
	c := &cast{}
	var intervals []time.Duration
	bytes, faces := 0, 0
	for {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		t, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		s := still{pts: t.PTS}
		if l, ok := src.(*mediafile.Library); ok {
			s.clip = l.Clip()
		}
		if s.image, s.mediaType, err = src.Image(); err != nil {
			return nil, err
		}
		if s.face, err = m.Measure(s.image); err != nil {
			return nil, fmt.Errorf("measure picture %d of the source: %w", len(c.stills)+1, err)
		}
		if s.face.Found {
			faces++
		}
		if bytes += len(s.image); len(c.stills) == maxStills || bytes > maxStillBytes {
			return nil, fmt.Errorf(
				"the source is too long for --act: more than %d pictures or %d MiB; cut it, or lower --fps",
				maxStills,
				maxStillBytes>>20,
			)
		}
		c.stills = append(c.stills, s)
		intervals = append(intervals, t.Until-t.PTS)
		if progress != nil {
			f := -1.0
			if d := src.Duration(); d > 0 {
				f = min(1, t.Until.Seconds()/d.Seconds())
			}
			progress(terminal.Progress{Stage: "measuring", Detail: fmt.Sprintf("%d frames", len(c.stills)), Fraction: f})
		}
	}
	if faces == 0 {
		return nil, fmt.Errorf("no face in any of the %d pictures of the source: --act needs one", len(c.stills))
	}
	slices.Sort(intervals)
	c.interval = intervals[len(intervals)/2]
	c.learn()
	return c, nil
}

// learn derives what is normal for this person from the frontal pictures: the camera may stand high or low, and eyes differ.
func (c *cast) learn() {
	var pitches, eyes, widths []float64
	for _, s := range c.stills {
		f := s.face
		if f.Found {
			widths = append(widths, f.Width)
		}
		if f.HasPose && abs(f.Yaw) < 15 {
			pitches = append(pitches, f.Pitch)
			if f.HasEyes {
				eyes = append(eyes, (f.RightEye+f.LeftEye)/2)
			}
		}
	}
	c.pitch = quantile(pitches, 0.5)
	c.eyes = quantile(eyes, 0.75)
	c.width = quantile(widths, 0.5)
}

// openness returns how far the eyes are open: 0 = closed, 1 = as far as this person's usually are. Use the wider eye to decide
// whether both are closed, and the narrower one to decide whether both are open.
func (c *cast) openness(f Face) (wider, narrower float64, ok bool) {
	if !f.HasEyes || c.eyes <= 0 {
		return 0, 0, false
	}
	return max(f.RightEye, f.LeftEye) / c.eyes, min(f.RightEye, f.LeftEye) / c.eyes, true
}

// quantile returns the value below which a share q of the values lies; 0 for no values.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[min(len(values)-1, int(q*float64(len(values))))]
}

func abs(x float64) float64 { return max(x, -x) }
