package replay

import (
	"time"

	"github.com/selene-liveness/selene/deploy/tools/mediafile"
)

// clock is replaced in tests.
type clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

type wallClock struct{}

func (wallClock) Now() time.Time                         { return time.Now() }
func (wallClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// frame is the next frame to send.
type frame struct {
	image     []byte
	mediaType string
	wait      time.Duration // before it is sent
	fraction  float64       // position in the source from 0 to 1, negative when unknown
}

// camera plays a source at its own pace. Like a camera, it sends the latest picture when the client is ready: a picture that
// has already been replaced by the next one is dropped.
type camera struct {
	src     mediafile.Source
	fast    bool
	clock   clock
	start   time.Time
	dropped int
}

// next returns the frame to send now, and io.EOF at the end.
func (c *camera) next(Reply) (frame, error) {
	t, err := c.src.Next()
	if c.start.IsZero() {
		c.start = c.clock.Now()
	}
	var late time.Duration
	if !c.fast {
		late = c.clock.Now().Sub(c.start)
		for err == nil && t.Until <= late {
			c.dropped++
			t, err = c.src.Next()
		}
	}
	if err != nil {
		return frame{}, err
	}
	f := frame{fraction: -1}
	if d := c.src.Duration(); d > 0 {
		f.fraction = min(1, t.Until.Seconds()/d.Seconds())
	}
	if !c.fast {
		f.wait = max(0, t.PTS-late)
	}
	f.image, f.mediaType, err = c.src.Image()
	return f, err
}
