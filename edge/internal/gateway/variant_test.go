package gateway

import (
	"testing"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// A session uses the variant of its ticket, otherwise that of the gateway, and keeps its revision even if the variant is deleted.
func TestSessionsPickAVariant(t *testing.T) {
	conn := world(t, "", goOn)
	ctx := streamstest.Context(t)
	variant := func(tag string) uint64 {
		t.Helper()
		r, err := settings.New(conn).Change(ctx, tag, []byte(`{"workers":[]}`), settings.Author{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return r.Number
	}
	own, kiosk, mobile := variant(""), variant("kiosk"), variant("mobile")
	plain, door := open(t, conn, Config{}), open(t, conn, Config{Variant: "kiosk"})
	named := func(tag string) lpproto.ConnectRequest {
		t.Helper()
		id := uuid.NewString()
		if err := sessions.New(conn).PutTicket(ctx, id, schemas.Ticket{Hash: sessions.HashSecret(secret), Expires: soon(), Variant: tag}, nil); err != nil {
			t.Fatal(err)
		}
		return lpproto.ConnectRequest{SessionID: id, Token: secret}
	}
	judged := func(c *client, id string, want uint64) {
		t.Helper()
		c.frame()
		c.wantStats(schemas.CodeMoreFrames)
		for _, f := range stored(t, conn, id) {
			if got := f.GetState().GetSettingsRevision(); got != want {
				t.Errorf("judged by revision %d, want %d", got, want)
			}
		}
	}
	c, id := connect(t, plain, "")
	judged(c, id, own)
	c, id = connect(t, door, "")
	judged(c, id, kiosk)
	r := named("")
	judged(admitted(t, door, r), r.SessionID, kiosk)
	r = named("mobile")
	c = admitted(t, door, r)
	judged(c, r.SessionID, mobile)

	late := named("mobile")
	if err := settings.New(conn).DeleteVariant(ctx, "mobile"); err != nil {
		t.Fatal(err)
	}
	c.ws.Close()
	wantEvents(t, conn, r.SessionID, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED)
	judged(admitted(t, plain, r), r.SessionID, mobile)
	c = dial(t, plain)
	c.send(lpproto.NewConnect(late))
	c.wantError(lpproto.CodeInternal)
}
