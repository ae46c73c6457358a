package gateway

import (
	"context"
	"testing"
	"time"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
)

// The time for which a frame waits before it is judged counts: the stored time is that of its arrival, each time it is published.
func TestFrameIsReceivedWhenItArrives(t *testing.T) {
	conn := world(t, hurried, func(*schemas.Frame, uint64) *schemas.Decision { return nil })
	detect(t, conn)
	d := open(t, conn, Config{Deadline: 500 * time.Millisecond})
	s := &session{usage: newUsage(time.Now), gateway: d.Gateway, socket: newSocket(nil, d.config, d.metrics)} // replies are queued and not sent
	ctx := context.Background()
	if c := s.connect(ctx, lpproto.NewConnect(lpproto.ConnectRequest{})); c != nil || s.id == "" {
		t.Fatalf("not connected: %+v", c)
	}
	defer s.presence.stop()
	arrived := time.Now().Add(-time.Minute)
	frame := received{Message: lpproto.NewFrame(lpproto.ContentJPEG, jpegBytes(8, 8)), binary: true, at: arrived}
	if _, c := s.handle(ctx, frame); c != nil {
		t.Fatalf("closed with %+v", c)
	}
	frames := stored(t, conn, s.id)
	if len(frames) < 2 {
		t.Fatalf("published %d times, want it again", len(frames))
	}
	for _, f := range frames {
		if f.GetReceivedUnixNanos() != arrived.UnixNano() {
			t.Errorf("attempt %d was received %v after it arrived", f.GetAttempt(), time.Duration(f.GetReceivedUnixNanos()-arrived.UnixNano()))
		}
	}
}
