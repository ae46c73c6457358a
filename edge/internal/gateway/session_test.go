package gateway

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
)

func TestResumeOnAnotherEdge(t *testing.T) {
	conn := world(t, "", goOn)
	first, second := open(t, conn, Config{}), open(t, conn, Config{})
	c, id := connect(t, first, "")
	if err := streams.CheckSession(id); err != nil || uuid.MustParse(id).Version() != 4 {
		t.Fatalf("made id %q: %v", id, err)
	}
	for range 2 {
		c.frame()
		c.wantStats(schemas.CodeMoreFrames)
	}
	before := stored(t, conn, id)
	c.ws.Close()
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED)

	prepare(t, conn, `{"env":"development","workers":[]}`) // for new sessions alone
	c, again := connect(t, second, id)
	if again != id {
		t.Fatalf("resumed as %s, want %s", again, id)
	}
	c.frame()
	if m := c.wantStats(schemas.CodeMoreFrames); strings.Contains(string(m.Body), "faceCount") {
		t.Errorf("the session got settings it did not start with: %s", m.Body)
	}
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED, schemas.SessionEventKind_SESSION_RESUMED)
	frames := stored(t, conn, id)
	last := frames[len(frames)-1]
	if len(frames) != 3 || last.GetName().GetSequence() != 3 || last.GetState().GetAttempts() != 2 ||
		string(last.GetState().GetSeed()) != string(before[0].GetState().GetSeed()) || len(last.GetState().GetSeed()) != seedBytes ||
		last.GetState().GetSettingsRevision() != before[0].GetState().GetSettingsRevision() {
		t.Fatalf("the state did not survive: %v", last)
	}
}

func TestImportedSessionCannotBeResumed(t *testing.T) {
	conn := world(t, "", goOn)
	id := uuid.NewString()
	almost := &schemas.Decision{Version: schemas.Version, Name: &schemas.FrameName{Session: id, Sequence: 1}, State: &schemas.SessionState{SettingsRevision: 1, Sequence: 1}}
	if err := sessions.New(conn).StoreImported(t.Context(), almost); err != nil {
		t.Fatal(err)
	}
	c := dial(t, open(t, conn, Config{}))
	c.send(lpproto.NewConnect(lpproto.ConnectRequest{SessionID: id}))
	c.wantError(lpproto.CodeEnded)
}

func TestUnknownIDStartsASession(t *testing.T) {
	d := open(t, world(t, "", goOn), Config{})
	want := uuid.NewString()
	if _, id := connect(t, d, want); id != want {
		t.Fatalf("got %s, want %s", id, want)
	}
}

func TestSessionTakenOver(t *testing.T) {
	conn := world(t, `{"workers":[],"video":{"session_timeout":1}}`, goOn)
	c, id := connect(t, open(t, conn, Config{}), "")
	if err := sessions.New(conn).Forget(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	c.wantClose(lpproto.CloseProtocol, "another socket")
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED)
}

func TestSessionsResumeElsewhereAfterShutdown(t *testing.T) {
	judging, judge := make(chan struct{}, 1), make(chan struct{})
	conn := world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		judging <- struct{}{}
		<-judge
		return goOn(f, sequence)
	})
	first, second := open(t, conn, Config{}), open(t, conn, Config{})
	c, id := connect(t, first, "")
	idle, _ := connect(t, first, "")
	c.frame()
	<-judging
	stopped := make(chan struct{})
	go func() { defer close(stopped); first.stop() }()
	idle.wantClose(lpproto.CloseRestart, "shutting down")
	close(judge)
	c.wantStats(schemas.CodeMoreFrames) // the frame under way is finished
	c.wantClose(lpproto.CloseRestart, "shutting down")
	c, _ = connect(t, second, id) // at once
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	<-stopped
	if _, response, err := websocket.DefaultDialer.Dial(first.url, nil); err == nil || response == nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("a closing gateway accepted a socket: %v %v", response, err)
	}
}

func TestHeartbeat(t *testing.T) {
	conn := world(t, "", goOn)
	d := open(t, conn, Config{})
	c := dial(t, d)
	c.send(lpproto.NewConnect(lpproto.ConnectRequest{Heartbeat: lpproto.MinHeartbeat}))
	c.want(lpproto.Connected)
	start := time.Now()
	for range 3 {
		c.want(lpproto.Heartbeat)
	}
	if took := time.Since(start); took < 2*lpproto.MinHeartbeat {
		t.Errorf("three heartbeats in %v", took)
	}
	c.frame()
	for {
		if m := c.next(); m.Command != lpproto.Heartbeat {
			if m.Command != lpproto.Stats {
				t.Fatalf("got %s", m.Command)
			}
			break
		}
	}
}

func TestSpacingsAndBinary(t *testing.T) {
	d := open(t, world(t, "", goOn), Config{})
	for _, kind := range []int{websocket.TextMessage, websocket.BinaryMessage} {
		for _, text := range []string{"CONNECT\nversion:1.0\n\n", "CONNECT\r\nVersion: 1.0\r\n\r\n\x00", "CONNECT\nversion:1.0"} {
			c := dial(t, d)
			c.raw(kind, []byte(text))
			c.want(lpproto.Connected)
			c.raw(kind, []byte("FRAME\r\ncontent-type: image/x-jpeg-base64\r\n\r\ndata:image/jpeg;base64,"+string(lpproto.EncodeBase64(jpegBytes(4, 4)))))
			c.wantStats(schemas.CodeMoreFrames)
		}
	}
}

func TestDeadPeerIsNoticed(t *testing.T) {
	conn := world(t, "", goOn)
	_, id := connect(t, open(t, conn, Config{PongTimeout: 200 * time.Millisecond}), "") // nobody reads, so nobody answers pings
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED)
}

// smallBuffers limits a server's connections to little more than the client reads.
type smallBuffers struct{ net.Listener }

func (l smallBuffers) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		err = c.(*net.TCPConn).SetWriteBuffer(4096)
	}
	return c, err
}

func TestSlowReaderIsCutOff(t *testing.T) {
	conn := world(t, "", goOn)
	d := open(t, conn, Config{})
	server := httptest.NewUnstartedServer(d.Gateway)
	server.Listener = smallBuffers{server.Listener}
	server.Start()
	defer server.Close()
	dialer := websocket.Dialer{NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err == nil {
			err = c.(*net.TCPConn).SetReadBuffer(4096)
		}
		return c, err
	}}
	ws, _, err := dialer.Dial("ws"+strings.TrimPrefix(server.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	c := &client{t, ws}
	frame, err := lpproto.NewFrame(lpproto.ContentJPEG, jpegBytes(8, 8)).Encode()
	if err != nil {
		t.Fatal(err)
	}
	c.send(lpproto.NewConnect(lpproto.ConnectRequest{}))
	id := c.want(lpproto.Connected).Header(lpproto.HeaderSessionID)
	flooded := make(chan struct{})
	go func() {
		defer close(flooded)
		for ws.WriteMessage(websocket.BinaryMessage, frame) == nil { // nobody reads the answers
		}
	}()
	// The client itself may notice only after minutes: what it has not read stands before the end.
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED)
	ws.Close()
	<-flooded
}

func TestManySessionsAtOnce(t *testing.T) {
	conn := world(t, "", goOn)
	doors := []*door{open(t, conn, Config{}), open(t, conn, Config{})}
	const sessions, frames = 20, 5
	done := make(chan error, sessions)
	for i := range sessions {
		c, id := connect(t, doors[i%2], "")
		go func() {
			for range frames {
				data, err := lpproto.NewFrame(lpproto.ContentJPEG, jpegBytes(8, 8)).Encode()
				if err == nil {
					err = c.ws.WriteMessage(websocket.BinaryMessage, data)
				}
				if err == nil {
					_, data, err = c.ws.ReadMessage()
				}
				if err != nil || !strings.HasPrefix(string(data), "STATS\n") {
					done <- fmt.Errorf("session %s: %q, %w", id, data, err)
					return
				}
			}
			done <- nil
		}()
	}
	for range sessions {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
