package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/internal/account"
	"github.com/selene-liveness/selene/edge/internal/events"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// pipes is a listener whose connections have no buffer: a write blocks until it is read.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// listenTo opens a socket of session events over a pipe.
func listenTo(t *testing.T, sockets *eventSockets) (*streams.Conn, *websocket.Conn) {
	t.Helper()
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	a := &API{Conn: conn, Accounts: account.New(conn), Admin: "hush", sockets: sockets}
	listener := make(pipes)
	server := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: time.Minute}
	streamstest.Go(t, func(context.Context) error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	t.Cleanup(func() { server.Close() })
	t.Cleanup(func() { a.CloseEvents(streamstest.Context(t)) })
	dialer := websocket.Dialer{NetDialContext: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		listener <- there
		return here, nil
	}}
	ws, _, err := dialer.Dial("ws://pipe/v1/events?kinds=session", http.Header{"Authorization": {"Bearer hush"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	return conn, ws
}

func TestSlowListenersAreCutOff(t *testing.T) {
	sockets := newEventSockets()
	sockets.lag = 20
	conn, ws := listenTo(t, sockets)
	ctx := streamstest.Context(t)
	e := &schemas.SessionEvent{Version: schemas.Version, Session: uuid.NewString(), Kind: schemas.SessionEventKind_SESSION_RESUMED}
	const stored = 1000
	read := func() (got events.Event, err error) { err = ws.ReadJSON(&got); return got, err }
	var got events.Event
	for n := range uint64(stored) {
		if err := conn.PublishSessionEvent(ctx, e); err != nil {
			t.Fatal(err)
		}
		for n == 0 && got.Sequence == 0 { // it has caught up once
			var err error
			if got, err = read(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for n := uint64(2); ; n++ {
		got, err := read()
		if err == nil && n < stored {
			if got.Sequence != n {
				t.Fatalf("got %d, want %d", got.Sequence, n)
			}
			continue
		}
		var closed *websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != CloseEventsSlow {
			t.Fatalf("got %v at event %d", err, n)
		}
		cursor, parse := events.ParseCursor(strings.TrimPrefix(closed.Text, "too slow; since="), nil)
		if parse != nil || cursor[events.Session] != n-1 {
			t.Errorf("got %q after event %d", closed.Text, n-1)
		}
		return
	}
}

func TestSilentListenersAreCutOff(t *testing.T) {
	sockets := newEventSockets()
	sockets.heartbeat = 20 * time.Millisecond
	_, ws := listenTo(t, sockets)
	ws.SetPingHandler(func(string) error { return nil }) // says nothing
	var got events.Event
	for {
		if err := ws.ReadJSON(&got); err != nil {
			if !websocket.IsUnexpectedCloseError(err, websocket.CloseNormalClosure) {
				t.Errorf("got %v", err)
			}
			break
		}
	}
	streamstest.Eventually(t, func() error {
		sockets.mu.Lock()
		defer sockets.mu.Unlock()
		if len(sockets.open) > 0 {
			return errGone
		}
		return nil
	})
}
