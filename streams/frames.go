package streams

import (
	"context"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// CountFrames is how many frames of the session are stored now, those that were published again included.
func (c *Conn) CountFrames(ctx context.Context, session string) (uint64, error) {
	filter := Subject(KindFrame, session)
	subjects, err := c.Stream(Frames).Subjects(ctx, filter)
	return subjects[filter], err
}

// LastFrame is the session's newest frame and its sequence in FRAMES. It is ErrNotFound when none is stored.
func (c *Conn) LastFrame(ctx context.Context, session string) (Stored[*schemas.Frame], error) {
	return LastAs[schemas.Frame](ctx, c.Stream(Frames), Subject(KindFrame, session))
}

// FramesAge is how long frames are kept at most.
func (c *Conn) FramesAge() time.Duration { return c.Stream(Frames).MaxAge() }
