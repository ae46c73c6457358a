package streams

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
)

// CountFrames is how many frames of the session are stored now, those that were published again included.
func (c *Conn) CountFrames(ctx context.Context, session string) (uint64, error) {
	filter := subject(KindFrame, session)
	info, err := c.streams[Frames].Info(ctx, jetstream.WithSubjectFilter(filter))
	if err != nil {
		return 0, Blame(Infrastructure, fmt.Errorf("count the frames of %s: %w", session, err))
	}
	return info.State.Subjects[filter], nil
}

// LastFrame is the session's newest frame and its sequence in FRAMES. It is ErrNotFound when none is stored.
func (c *Conn) LastFrame(ctx context.Context, session string) (Stored[*schemas.Frame], error) {
	msg, err := c.streams[Frames].GetLastMsgForSubject(ctx, subject(KindFrame, session))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Stored[*schemas.Frame]{}, fmt.Errorf("frame of session %s: %w", session, ErrNotFound)
	}
	if err != nil {
		return Stored[*schemas.Frame]{}, Blame(Infrastructure, fmt.Errorf("read the last frame of %s: %w", session, err))
	}
	f := &schemas.Frame{}
	return Stored[*schemas.Frame]{msg.Sequence, f}, Blame(Input, schemas.Unmarshal(msg.Data, f))
}

// FramesAge is how long frames are kept at most.
func (c *Conn) FramesAge() time.Duration { return c.streams[Frames].CachedInfo().Config.MaxAge }
