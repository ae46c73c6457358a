package sessions_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func frame(session string, n uint64) *schemas.Frame {
	return &schemas.Frame{
		Version: schemas.Version, Name: &schemas.FrameName{Session: session, Sequence: n, Nonce: "n"},
		Image: []byte{1, 2, 3}, Decider: "d",
	}
}

func TestCountAndLastFrame(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	id, last := uuid.NewString(), uint64(0)
	if _, err := sessions.New(c).LastFrame(ctx, id); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("no frame: %v", err)
	}
	for n := range uint64(3) {
		var err error
		if last, err = c.PublishFrame(ctx, frame(id, n)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.PublishFrame(ctx, frame(uuid.NewString(), n)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := sessions.New(c).CountFrames(ctx, id); err != nil || n != 3 {
		t.Errorf("%d frames, %v", n, err)
	}
	if f, err := sessions.New(c).LastFrame(ctx, id); err != nil || f.Sequence != last || f.Message.GetName().GetSequence() != 2 {
		t.Errorf("last %+v, %v; want %d", f, err, last)
	}
	if got, want := sessions.New(c).FramesAge(), streams.DefaultLimits().FramesAge; got != want {
		t.Errorf("frames are kept for %v, want %v", got, want)
	}
}
