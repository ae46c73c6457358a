package gateway

import (
	"testing"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
)

// clock is a client whose heartbeats measure time.
func clock(t *testing.T, d *door) (ticks func(n int)) {
	t.Helper()
	c := dial(t, d)
	c.send(lpproto.NewConnect(lpproto.ConnectRequest{Heartbeat: lpproto.MinHeartbeat}))
	c.want(lpproto.Connected)
	return func(n int) {
		t.Helper()
		for range n {
			c.want(lpproto.Heartbeat)
		}
	}
}

const longerThanASecond = 14 // heartbeats

// A person connects, then answers the browser's question for the camera, and only then sends a frame: video.session_timeout does
// not limit that.
func TestPermissionDialogue(t *testing.T) {
	d := open(t, world(t, `{"workers":[],"video":{"session_timeout":1}}`, goOn), Config{})
	waiting := clock(t, d)
	c, _ := connect(t, d, "")
	waiting(longerThanASecond)
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	waiting(longerThanASecond)
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
}

// Whatever a client sends, and its answers to heartbeats, show that it is alive.
func TestSignsOfLife(t *testing.T) {
	d := open(t, world(t, `{"workers":[],"session":{"idle_seconds":1},"video":{"session_timeout":1}}`, goOn), Config{})
	wait := clock(t, d) // stays alive by the answers to its heartbeats alone
	c, _ := connect(t, d, "")
	for range longerThanASecond {
		wait(1)
		c.send(lpproto.NewHeartbeat())
	}
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	c.wantClose(lpproto.CloseSessionTimeout, "session timeout")
}

// A page that stays open without a camera does not keep its session for ever.
func TestSignsOfLifeWithoutFrames(t *testing.T) {
	conn := world(t, `{"workers":[],"session":{"idle_seconds":1,"duration_seconds":1}}`, goOn)
	c := dial(t, open(t, conn, Config{}))
	c.send(lpproto.NewConnect(lpproto.ConnectRequest{Heartbeat: lpproto.MinHeartbeat}))
	id := c.want(lpproto.Connected).Header(lpproto.HeaderSessionID)
	for {
		_, _, err := c.ws.NextReader()
		if err != nil {
			break
		}
	}
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED)
	wantExpiry(t, conn, id)
}
