package gateway

import (
	"fmt"
	"testing"
	"time"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// Frames of a stranger displaced those of an open session when the stream was full.
func TestNewSessionsDoNotDisplaceOpenOnes(t *testing.T) {
	limits := streams.DefaultLimits()
	limits.FramesBytes = 4 << 20
	conn, err := streams.Connect(streamstest.Context(t), streams.Options{Broker: streamstest.Broker(t, false), Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	prepare(t, conn, "")
	decide(t, conn, "decider", goOn)
	d := open(t, conn, Config{})
	c, _ := connect(t, d, "")
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	if err := d.Room(); err != nil {
		t.Fatal(err)
	}
	for n := range uint64(5) { // of others, 3.8 MiB
		f := &schemas.Frame{
			Version: schemas.Version, Name: &schemas.FrameName{Session: sessionOfOthers, Sequence: n + 1, Nonce: "o"}, Decider: "nobody",
			MediaType: "image/jpeg", Image: make([]byte, 800_000), ReceivedUnixNanos: time.Now().UnixNano(), State: &schemas.SessionState{},
		}
		if _, err := conn.PublishFrame(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	streamstest.Eventually(t, func() error {
		if d.Room() == nil {
			return fmt.Errorf("there seems to be room")
		}
		return nil
	})
	stranger := dial(t, d)
	stranger.send(lpproto.NewConnect(lpproto.ConnectRequest{}))
	stranger.wantError(lpproto.CodeCapacity)
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
}

const sessionOfOthers = "6f1e8f5e-5c35-4a0b-9a5c-0d8a1b6f7c11"
