package gateway

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestMessagesThatCloseTheSocket(t *testing.T) {
	d := open(t, world(t, "", goOn), Config{MaxMessage: 100_000})
	const frame = "FRAME\ncontent-type:image/x-jpeg-base64\n\nAAAA"
	for name, c := range map[string]struct {
		connected bool
		message   string
		code      int
		close     int
	}{
		"FRAME before CONNECT":  {false, frame, lpproto.CodeNotConnected, lpproto.CloseProtocol},
		"second CONNECT":        {true, "CONNECT\nversion:1.0\n\n", lpproto.CodeNotConnected, lpproto.CloseProtocol},
		"wrong version":         {false, "CONNECT\nversion:2.0\n\n", lpproto.CodeVersion, lpproto.CloseProtocol},
		"no version":            {false, "CONNECT\n\n", lpproto.CodeVersion, lpproto.CloseProtocol},
		"header without colon":  {false, "CONNECT\nversion\n\n", lpproto.CodeMalformed, lpproto.CloseProtocol},
		"unknown command":       {false, "DISCONNECT\n\n", lpproto.CodeMalformed, lpproto.CloseProtocol},
		"a server's command":    {true, "STATS\n\n{}", lpproto.CodeMalformed, lpproto.CloseProtocol},
		"empty message":         {false, "", lpproto.CodeMalformed, lpproto.CloseProtocol},
		"heartbeat too quick":   {false, "CONNECT\nversion:1.0\nheartbeat:5\n\n", lpproto.CodeMalformed, lpproto.CloseProtocol},
		"id is not a UUID":      {false, "CONNECT\nversion:1.0\nsession-id:x.>\n\n", lpproto.CodeSessionID, lpproto.CloseProtocol},
		"id in braces":          {false, "CONNECT\nversion:1.0\nsession-id:{3e7a8f1c-6f54-4c3e-9f3e-0d1f6f7e9a10}\n\n", lpproto.CodeSessionID, lpproto.CloseProtocol},
		"message over the size": {true, frame + strings.Repeat("A", 100_000), lpproto.CodeTooLarge, lpproto.CloseTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			var client *client
			if c.connected {
				client, _ = connect(t, d, "")
			} else {
				client = dial(t, d)
			}
			client.raw(websocket.TextMessage, []byte(c.message))
			client.wantError(c.code)
			client.wantClose(c.close, "")
		})
	}
}

func TestRefusedImagesAreNotPublished(t *testing.T) {
	conn := world(t, "", goOn)
	d := open(t, conn, Config{})
	good := jpegBytes(8, 8)
	badFrames := map[string]struct {
		contentType string
		kind        int
		body        []byte
		code        int
	}{
		"no image":             {lpproto.ContentJPEG, websocket.BinaryMessage, []byte("hello"), lpproto.CodeBadImage},
		"empty":                {lpproto.ContentJPEG, websocket.BinaryMessage, nil, lpproto.CodeBadImage},
		"truncated":            {lpproto.ContentJPEG, websocket.BinaryMessage, good[:len(good)/4], lpproto.CodeBadImage},
		"another format":       {lpproto.ContentPNG, websocket.BinaryMessage, good, lpproto.CodeBadImage},
		"half of a PNG's rows": {lpproto.ContentPNG, websocket.BinaryMessage, imagefiletest.TruncatedPNG(128, 128, 64), lpproto.CodeBadImage},
		"10,000 scans":         {lpproto.ContentJPEG, websocket.BinaryMessage, imagefiletest.ScanBomb(3000, 3000, 10_000, false), lpproto.CodeBadImage},
		"40 MP":                {lpproto.ContentJPEG, websocket.BinaryMessage, imagefiletest.ScanBomb(6324, 6324, 2, false), lpproto.CodeBadImage},
		"12 MP, 16 bits":       {lpproto.ContentPNG, websocket.BinaryMessage, imagefiletest.PlainPNG(4096, 3072, 16, 6, false, 0), lpproto.CodeBadImage},
		"hidden size":          {lpproto.ContentJPEG, websocket.BinaryMessage, imagefiletest.Hidden(0xdb, 0xf7, 16000, 16000, 8), lpproto.CodeBadImage},
		"hidden 12 bits":       {lpproto.ContentJPEG, websocket.BinaryMessage, imagefiletest.Hidden(0x02, 0xc0, 16, 16, 12), lpproto.CodeBadImage},
		"bomb":                 {lpproto.ContentPNG, websocket.BinaryMessage, bomb(), lpproto.CodeBadImage},
		"bad base64":           {lpproto.ContentJPEGBase64, websocket.TextMessage, []byte("!!!!"), lpproto.CodeBadImage},
		"unsupported type":     {"image/bmp", websocket.BinaryMessage, good, lpproto.CodeContentType},
		"raw in a text":        {lpproto.ContentJPEG, websocket.TextMessage, []byte("x"), lpproto.CodeContentType},
		"no content-type":      {"", websocket.BinaryMessage, good, lpproto.CodeContentType},
		"truncated and base64": {lpproto.ContentJPEGBase64, websocket.TextMessage, lpproto.EncodeBase64(good[:40]), lpproto.CodeBadImage},
	}
	c, id := connect(t, d, "") // not before, since making them takes long
	for name, bad := range badFrames {
		data, err := lpproto.NewFrame(bad.contentType, bad.body).Encode()
		if err != nil {
			t.Fatal(err)
		}
		c.raw(bad.kind, data)
		if got, _ := c.want(lpproto.Failure).ErrorCode(); got != bad.code {
			t.Errorf("%s: got ERROR %d, want %d", name, got, bad.code)
		}
	}
	if n := len(stored(t, conn, id)); n != 0 {
		t.Errorf("%d refused images were published", n)
	}
	data, err := lpproto.NewFrame(lpproto.ContentJPEG, good).Encode()
	if err != nil {
		t.Fatal(err)
	}
	c.raw(websocket.BinaryMessage, data)
	c.wantStats(schemas.CodeMoreFrames)
	frames := stored(t, conn, id)
	if len(frames) != 1 || frames[0].GetName().GetSequence() != 1 || string(frames[0].GetImage()) != string(good) || frames[0].GetMediaType() != lpproto.ContentJPEG {
		t.Errorf("the good image after them: %v", frames)
	}
}

func TestFrameWhileOneIsJudged(t *testing.T) {
	judging, judge := make(chan struct{}), make(chan struct{})
	conn := world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		judging <- struct{}{}
		<-judge
		return goOn(f, sequence)
	})
	c, id := connect(t, open(t, conn, Config{}), "")
	c.frame()
	<-judging
	c.frame()
	c.send(lpproto.NewHeartbeat())
	c.frame()
	read := make(chan struct{})
	c.ws.SetPongHandler(func(string) error { close(read); return nil })
	c.raw(websocket.PingMessage, nil)
	first := make(chan []byte)
	go func() {
		_, data, _ := c.ws.ReadMessage()
		first <- data
	}()
	<-read // so that both frames came while the first was judged
	judge <- struct{}{}
	if got := <-first; !bytes.HasPrefix(got, []byte(lpproto.Stats)) {
		t.Errorf("the reply to the first frame is %.40q", got)
	}
	c.wantError(lpproto.CodeLockStep)
	c.wantError(lpproto.CodeLockStep)
	c.frame()
	<-judging
	judge <- struct{}{}
	c.wantStats(schemas.CodeMoreFrames)
	frames := stored(t, conn, id)
	if len(frames) != 2 || frames[1].GetName().GetSequence() != 2 || frames[1].GetState().GetAttempts() != 1 {
		t.Fatalf("dropped frames count: %v", frames)
	}
}

func TestBusySession(t *testing.T) {
	conn := world(t, "", goOn)
	first, second := open(t, conn, Config{}), open(t, conn, Config{})
	_, id := connect(t, first, "")
	for _, d := range []*door{first, second} {
		refused(t, d, lpproto.ConnectRequest{SessionID: id, ResumeSecret: secretOf(id)}, "live on another socket")
		refused(t, d, lpproto.ConnectRequest{SessionID: id}, "resume secret")
	}
}

func TestEndedSession(t *testing.T) {
	conn := world(t, "", always(schemas.Outcome_OUTCOME_FAKE))
	d := open(t, conn, Config{})
	c, id := connect(t, d, "")
	c.frame()
	c.wantStats()
	c.wantClose(lpproto.CloseFakeSession, "fake session")
	c = dial(t, d)
	c.send(lpproto.NewConnect(lpproto.ConnectRequest{SessionID: id}))
	c.wantError(lpproto.CodeEnded)
	c.wantClose(lpproto.CloseProtocol, "session has ended")
}

func TestCapacity(t *testing.T) {
	d := open(t, world(t, "", goOn), Config{MaxSessions: 1})
	c, _ := connect(t, d, "")
	over := dial(t, d)
	over.wantError(lpproto.CodeCapacity)
	over.wantClose(lpproto.CloseInternal, "capacity")
	c.ws.Close()
	streamstest.Eventually(t, func() error {
		if n := d.open.Load(); n != 0 {
			return fmt.Errorf("%d sockets counted", n)
		}
		return nil
	})
	connect(t, d, "")
}

func TestOrigins(t *testing.T) {
	conn := world(t, "", goOn)
	own, listed, every := open(t, conn, Config{}), open(t, conn, Config{Origins: []string{"https://shop.example", " https://bank.example/"}}), open(t, conn, Config{Origins: []string{"*"}})
	for _, c := range []struct {
		door   *door
		origin string
		ok     bool
	}{
		{own, "", true},
		{own, "http" + strings.TrimPrefix(own.url, "ws"), true},
		{own, "https://bank.example", false},
		{own, "null", false},
		{listed, "https://bank.example", true},
		{listed, "https://bank.example.evil.example", false},
		{listed, "http://bank.example", false},
		{every, "https://whoever.example", true},
	} {
		header := http.Header{}
		if c.origin != "" {
			header.Set("Origin", c.origin)
		}
		ws, response, err := websocket.DefaultDialer.DialContext(streamstest.Context(t), c.door.url, header)
		if (err == nil) != c.ok {
			t.Errorf("origin %q with %v: got %v", c.origin, c.door.config.Origins, err)
		}
		if err == nil {
			ws.Close()
		} else if response == nil || response.StatusCode != http.StatusForbidden {
			t.Errorf("origin %q: got %v", c.origin, response)
		}
	}
}

func TestSilentSockets(t *testing.T) {
	conn := world(t, `{"workers":[],"session":{"idle_seconds":1}}`, goOn)
	d := open(t, conn, Config{ConnectTimeout: 50 * time.Millisecond})
	dial(t, d).wantClose(lpproto.CloseProtocol, "CONNECT")

	c, id := connect(t, d, "")
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	c.wantClose(lpproto.CloseSessionTimeout, "session timeout")
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED)
	wantExpiry(t, conn, id)
}

// An edge died between the last decision and its announcement: a CONNECT for the session does not hide the end.
func TestEndedSessionOfADeadEdge(t *testing.T) {
	conn := world(t, "", goOn)
	ctx := streamstest.Context(t)
	id := uuid.NewString()
	if _, err := sessions.New(conn).Claim(ctx, id, "dead", 2*time.Second, nil); err != nil {
		t.Fatal(err)
	}
	d := &schemas.Decision{Version: schemas.Version, Name: &schemas.FrameName{Session: id, Sequence: 1}, Outcome: schemas.Outcome_OUTCOME_PASSED}
	if _, err := conn.PublishDecision(ctx, d, 0); err != nil {
		t.Fatal(err)
	}
	c := dial(t, open(t, conn, Config{}))
	c.send(lpproto.NewConnect(lpproto.ConnectRequest{SessionID: id}))
	c.wantError(lpproto.CodeEnded)
	c.wantClose(lpproto.CloseProtocol, "session has ended")
	wantExpiry(t, conn, id)
}

// wantExpiry waits until the session's presence expired, which is how others learn that it ended.
func wantExpiry(t *testing.T, conn *streams.Conn, id string) {
	t.Helper()
	expired := make(chan string, 1)
	streamstest.Go(t, func(ctx context.Context) error {
		w := streams.Work{Durable: "reaper", Concurrency: 1, AckWait: time.Minute}
		return sessions.New(conn).ConsumeExpired(ctx, w, func(_ context.Context, session string) error { expired <- session; return nil })
	})
	select {
	case got := <-expired:
		if got != id {
			t.Fatalf("%s expired, want %s", got, id)
		}
	case <-streamstest.Context(t).Done():
		t.Fatal("the expiry of the session was not announced")
	}
}

func TestNoDecider(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	prepare(t, conn, "")
	d := open(t, conn, Config{})
	c := dial(t, d)
	connectMessage := lpproto.NewConnect(lpproto.ConnectRequest{SessionID: uuid.NewString()})
	c.send(connectMessage)
	c.wantError(lpproto.CodeInternal)
	decide(t, conn, "late", goOn)
	c.send(connectMessage)
	c.want(lpproto.Connected)
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
}

// A client that ignores the lock-step and reads its replies is answered, and not taken for one that reads too slowly.
func TestManyEarlyFrames(t *testing.T) {
	var l lockstep
	if !l.begin() {
		t.Fatal("the first frame is refused")
	}
	for range 10 * outgoing {
		if l.begin() {
			t.Fatal("two frames at a time")
		}
	}
	if n := l.end(); n != mostEarly || n >= outgoing {
		t.Errorf("%d answers at once, the queue holds %d", n, outgoing)
	}
	if !l.begin() || l.end() != 0 {
		t.Error("early frames are answered twice")
	}
}

// UUIDs have no case, and iOS writes them in capitals.
func TestSessionIDInCapitals(t *testing.T) {
	d := open(t, world(t, "", goOn), Config{})
	id := uuid.NewString()
	_, got := connect(t, d, strings.ToUpper(id))
	if got != id {
		t.Errorf("%s is opened as %s", strings.ToUpper(id), got)
	}
	refused(t, d, lpproto.ConnectRequest{SessionID: strings.ToUpper(id), ResumeSecret: secretOf(id)}, "live on another socket")
	refused(t, d, lpproto.ConnectRequest{SessionID: "{" + id + "}"}, "must be a UUID")
}

// lockedBuffer takes the lines that goroutines of other tests log meanwhile.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// A client that leaves its replies unread gets a close code, and the operator a line in the log.
func TestAClientThatDoesNotRead(t *testing.T) {
	var log lockedBuffer
	previous := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(previous) })
	full := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(full)
		ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		s := newSocket(ws, Config{}, nil)
		s.session.Store("the session")
		for range outgoing + 1 { // nothing writes them
			s.send(lpproto.NewHeartbeat())
		}
	}))
	defer server.Close()
	ws, _, err := websocket.DefaultDialer.DialContext(streamstest.Context(t), "ws"+strings.TrimPrefix(server.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, lpproto.CloseSlow) {
		t.Errorf("the client reads %v", err)
	}
	<-full
	if got := log.String(); !strings.Contains(got, `session="the session" code=1008`) {
		t.Errorf("the log says %q", got)
	}
}
