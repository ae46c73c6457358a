package gateway

import (
	"testing"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
)

// The attack: one session fills the store that all share. It ends, with a code, also if it goes on at another edge.
func TestSessionThatStoresTooMuchEnds(t *testing.T) {
	conn := world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		d := goOn(f, sequence)
		d.State.StoredBytes = f.GetState().GetStoredBytes() // as a decider keeps what it does not know
		return d
	})
	quota := Config{MaxStored: uint64(3*len(jpegBytes(8, 8)) + 1)}
	first, second := open(t, conn, quota), open(t, conn, quota)
	c, id := connect(t, first, "")
	for range 2 {
		c.frame()
		c.wantStats(schemas.CodeMoreFrames)
	}
	c.ws.Close()
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED)
	c, _ = connect(t, second, id)
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	c.frame()
	c.wantError(lpproto.CodeQuota)
	c.wantClose(lpproto.CloseTooLarge, "session too large")
	if n := len(stored(t, conn, id)); n != 3 {
		t.Errorf("%d frames are stored, want 3", n)
	}
	wantExpiry(t, conn, id)
	other, _ := connect(t, second, "") // nobody else is affected
	other.frame()
	other.wantStats(schemas.CodeMoreFrames)
}
