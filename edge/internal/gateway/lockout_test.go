package gateway

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// from is a configuration in which all clients have an address.
func from(address string) Config {
	return Config{Address: func(*http.Request) string { return address }}
}

// fail opens a session and lets it end with its first frame.
func fail(t *testing.T, d *door, r lpproto.ConnectRequest) (id string) {
	t.Helper()
	c := dial(t, d)
	c.send(lpproto.NewConnect(r))
	id = c.want(lpproto.Connected).Header(lpproto.HeaderSessionID)
	c.frame()
	c.next()
	if _, _, err := c.ws.ReadMessage(); !websocket.IsCloseError(err, lpproto.CloseFakeSession, lpproto.CloseDuration) {
		t.Fatal(err)
	}
	return id
}

// wantLockedOut waits until a request is refused because of failures.
func wantLockedOut(t *testing.T, d *door, request func() lpproto.ConnectRequest) {
	t.Helper()
	streamstest.Eventually(t, func() error {
		c := dial(t, d)
		defer c.ws.Close()
		c.send(lpproto.NewConnect(request()))
		if m := c.next(); m.Command != lpproto.Failure {
			return fmt.Errorf("got %s", m.Command)
		} else if code, err := m.ErrorCode(); err != nil || code != lpproto.CodeLockedOut {
			t.Fatalf("got ERROR %d, %v", code, err)
		}
		c.wantClose(lpproto.CloseLockedOut, "try again in")
		return nil
	})
}

func anonymous() lpproto.ConnectRequest { return lpproto.ConnectRequest{} }

// An attacker tries one photo after the other without a ticket, at any edge.
func TestAddressIsLockedOut(t *testing.T) {
	conn := world(t, `{"workers":[],"lockout":{"max_address_failures":2}}`, always(schemas.Outcome_OUTCOME_FAKE))
	first, second := open(t, conn, from("192.0.2.1")), open(t, conn, from("192.0.2.1"))
	other := open(t, conn, from("192.0.2.2"))
	fail(t, first, anonymous())
	last := fail(t, second, anonymous())
	wantLockedOut(t, first, anonymous)
	wantLockedOut(t, second, anonymous)
	connect(t, other, "")
	connect(t, open(t, conn, Config{}), "") // no address is known
	streamstest.Eventually(t, func() error {
		for e, err := range sessions.New(conn).EventsOf(t.Context(), last) {
			if err != nil {
				return err
			}
			if m := e.Message; m.GetKind() == schemas.SessionEventKind_SESSION_LOCKED_OUT {
				if wait := time.Unix(0, m.GetUntilUnixNanos()).Sub(time.Unix(0, m.GetAtUnixNanos())); wait < 14*time.Minute || wait > 15*time.Minute {
					t.Errorf("locked out for %v", wait)
				}
				return nil
			}
		}
		return fmt.Errorf("no event of the lock-out")
	})
	for f, err := range sessions.New(conn).FramesOf(t.Context(), last) {
		if err != nil || !strings.HasPrefix(f.Message.GetState().GetSubject(), subjectAddress) || strings.Contains(f.Message.String(), "192.0.2") {
			t.Errorf("stored %v, %v", f.Message.GetState(), err)
		}
	}
}

// Every ticket of the same person counts, whatever the address, and an address shared with others does not.
func TestPersonIsLockedOut(t *testing.T) {
	conn := world(t, `{"workers":[],"lockout":{"max_failures":2,"max_address_failures":1}}`, always(schemas.Outcome_OUTCOME_FAKE))
	d := open(t, conn, from("192.0.2.1"))
	of := func(person string) func() lpproto.ConnectRequest {
		return func() lpproto.ConnectRequest {
			id := uuid.NewString()
			ticket := schemas.Ticket{Hash: sessions.HashSecret(secret), Expires: soon(), ExternalID: person}
			if err := sessions.New(conn).PutTicket(t.Context(), id, ticket, nil); err != nil {
				t.Fatal(err)
			}
			return lpproto.ConnectRequest{SessionID: id, Token: secret}
		}
	}
	fail(t, d, of("ann")())
	fail(t, d, of("bob")())
	fail(t, d, of("")())
	fail(t, d, of("")())
	fail(t, d, of("ann")())
	wantLockedOut(t, d, of("ann"))
	admitted(t, d, of("bob")())
	admitted(t, d, of("")())
	connect(t, d, "")
}

// Only failures of the person count, and 0 is off.
func TestWhatDoesNotLockOut(t *testing.T) {
	for settings, outcome := range map[string]schemas.Outcome{
		`{"workers":[],"lockout":{"max_address_failures":1}}`: schemas.Outcome_OUTCOME_DURATION_EXCEEDED,
		`{"workers":[],"lockout":{"max_address_failures":0}}`: schemas.Outcome_OUTCOME_FAKE,
	} {
		conn := world(t, settings, always(outcome))
		d := open(t, conn, from("192.0.2.1"))
		id := fail(t, d, anonymous())
		streamstest.Eventually(t, func() error { // the end has been looked at
			if n, err := conn.Stream(streams.Sessions).Waiting(t.Context(), "lockouts"); err != nil || n > 0 {
				return fmt.Errorf("%d waiting, %w", n, err)
			}
			return nil
		})
		fail(t, d, anonymous())
		connect(t, d, "")
		wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_CLOSED)
	}
}
