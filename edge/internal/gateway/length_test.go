package gateway

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// A frame that says that it is longer than any disk is refused at its header, not after it was waited for.
func TestFrameLengthsThatNobodySends(t *testing.T) {
	d := open(t, world(t, "", always(schemas.Outcome_OUTCOME_PASSED)), Config{})
	for _, length := range []uint64{1 << 62, 1<<63 - 1, 1 << 40} {
		c := dial(t, d)
		header := binary.BigEndian.AppendUint64([]byte{0x82, 0xff}, length) // binary, final, masked, a length of 64 bits
		if _, err := c.ws.NetConn().Write(append(header, 0, 0, 0, 0)); err != nil {
			t.Fatal(err)
		}
		if err := c.ws.SetReadDeadline(time.Now().Add(streamstest.Timeout)); err != nil {
			t.Fatal(err)
		}
		_, _, err := c.ws.ReadMessage()
		var closed *websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != websocket.CloseMessageTooBig {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
}
