package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/selene-liveness/selene/edge/internal/token"
	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
)

const testKey = "8ef3e8ce2c91321587306284333877f8"

// door is a gateway with its address.
type door struct {
	*Gateway
	url      string
	registry *prometheus.Registry
	stop     func() // and waits
}

// open starts a separate gateway on the broker.
func open(t *testing.T, conn *streams.Conn, c Config) *door {
	t.Helper()
	signer, err := token.Load(token.Config{Key: testKey, Pseudonym: testKey, DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if c.Deadline == 0 {
		c.Deadline = 30 * time.Second // a test that waits for it says so
	}
	registry := prometheus.NewRegistry()
	g := New(conn, signer, c, NewMetrics(registry))
	server := httptest.NewServer(g)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { stop(); server.Close() })
	return &door{g, "ws" + strings.TrimPrefix(server.URL, "http"), registry, stop}
}

// hurried are settings with which a gateway waits for a second, or for its deadline if that is longer.
const hurried = `{"workers":[{"name":"liveness","required":true,"timeout":0.1},{"name":"matcher","required":true,"timeout":0.1},` +
	`{"name":"active-liveness","required":true,"timeout":0.1},{"name":"virtual-camera","required":true,"timeout":0.1}]}`

// world starts a broker with settings that ask for no workers, and one decider that follows a script.
func world(t *testing.T, settings string, script script) *streams.Conn {
	t.Helper()
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	prepare(t, conn, settings)
	decide(t, conn, "decider", script)
	return conn
}

func prepare(t *testing.T, conn *streams.Conn, document string) {
	t.Helper()
	if document == "" {
		document = `{"workers":[]}`
	}
	if _, err := settings.New(conn).Put(streamstest.Context(t), []byte(document)); err != nil {
		t.Fatal(err)
	}
}

// script returns a decider's decision on a frame, or nil for no decision.
type script func(f *schemas.Frame, sequence uint64) *schemas.Decision

// decide runs a decider, and a consumer of frames that decides on those that name it by the script.
func decide(t *testing.T, conn *streams.Conn, name string, script script) {
	t.Helper()
	offer(t, conn, name)
	streamstest.Go(t, func(ctx context.Context) error {
		w := streams.Work{Stream: streams.Frames, Durable: "scripted-" + name, Concurrency: 4, AckWait: time.Minute}
		err := conn.Consume(ctx, w, func(ctx context.Context, d *streams.Delivery) error {
			f, err := streams.Decode(d, &schemas.Frame{})
			if err != nil || f.GetDecider() != name {
				return err
			}
			if decision := script(f, d.Sequence); decision != nil {
				return settle(ctx, conn, decision, f.GetState().GetLastDecision())
			}
			return nil
		})
		if ctx.Err() == nil { // a test may end before the consumer is there
			return err
		}
		return nil
	})
}

// detect runs a detector that finds nothing.
func detect(t *testing.T, conn *streams.Conn) {
	t.Helper()
	streamstest.Go(t, func(ctx context.Context) error {
		w := streams.Work{Stream: streams.Frames, Durable: "detect", Concurrency: 4, AckWait: time.Minute}
		return conn.Consume(ctx, w, func(ctx context.Context, d *streams.Delivery) error {
			f, err := streams.Decode(d, &schemas.Frame{})
			if err != nil {
				return err
			}
			return conn.PublishVerdict(ctx, &schemas.Verdict{
				Version: schemas.Version, Name: f.GetName(), Decider: f.GetDecider(), Worker: schemas.WorkerDetector,
			})
		})
	})
}

// offer answers requests for a decider. The returned function withdraws it.
func offer(t *testing.T, conn *streams.Conn, name string) (withdraw func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- conn.ServeDecider(ctx, name, func(*schemas.Verdict) {}) }()
	var once sync.Once
	withdraw = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(withdraw)
	streamstest.Eventually(t, func() error {
		_, err := conn.AskDecider(ctx)
		return err
	})
	return withdraw
}

// settle stores a decision and replies with it, or with the one that was stored first.
func settle(ctx context.Context, conn *streams.Conn, d *schemas.Decision, last uint64) error {
	sequence, err := conn.PublishDecision(ctx, d, last)
	if errors.Is(err, streams.ErrDecided) {
		if d, err = sessions.New(conn).LastDecision(ctx, d.GetName().GetSession()); err != nil {
			return err
		}
		return conn.Reply(d)
	}
	if err != nil {
		return err
	}
	sessions.Stamp(d, sequence)
	return conn.Reply(d)
}

// verdict returns a decision on f with the state that a decider would derive from it.
func verdict(f *schemas.Frame, sequence uint64, outcome schemas.Outcome, codes ...int32) *schemas.Decision {
	s := f.GetState()
	ones := uint32(1)
	return &schemas.Decision{
		Version: schemas.Version, Name: f.GetName(), Frame: sequence, Outcome: outcome, Errors: codes, BestShot: sequence,
		DecidedUnixNanos: 1_700_000_000_000_000_001,
		Estimations: &schemas.Estimations{
			FaceCount:     &ones,
			FramePosition: &schemas.FramePosition{Face: &schemas.Rect{X: 1, Y: 2, Width: 3, Height: 4}, Frame: &schemas.Rect{Width: 8, Height: 8}, Margins: []int32{1, 2, 3, 4}},
		},
		State: &schemas.SessionState{
			SettingsRevision: s.GetSettingsRevision(), Seed: s.GetSeed(), OpenedUnixNanos: s.GetOpenedUnixNanos(),
			Sequence: f.GetName().GetSequence(), Attempts: s.GetAttempts() + 1, Subject: s.GetSubject(),
		},
	}
}

// goOn answers each frame with "more frames".
func goOn(f *schemas.Frame, sequence uint64) *schemas.Decision {
	return verdict(f, sequence, schemas.Outcome_OUTCOME_CONTINUE, schemas.CodeMoreFrames)
}

// always ends the session with its first frame.
func always(outcome schemas.Outcome, codes ...int32) script {
	return func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		return verdict(f, sequence, outcome, codes...)
	}
}

// client is a real WebSocket.
type client struct {
	t  *testing.T
	ws *websocket.Conn
}

func dial(t *testing.T, d *door) *client {
	t.Helper()
	ws, response, err := websocket.DefaultDialer.DialContext(streamstest.Context(t), d.url, nil)
	if err != nil {
		t.Fatal(err, response)
	}
	t.Cleanup(func() { ws.Close() })
	if err := ws.SetReadDeadline(time.Now().Add(streamstest.Timeout)); err != nil {
		t.Fatal(err)
	}
	return &client{t, ws}
}

// secrets of the sessions that connect has opened, by their id.
var secrets sync.Map

// connect opens or resumes a session, as a client does that remembers secrets, and returns its id.
func connect(t *testing.T, d *door, id string) (*client, string) {
	t.Helper()
	c := dial(t, d)
	c.send(lpproto.NewConnect(lpproto.ConnectRequest{SessionID: id, ResumeSecret: secretOf(id)}))
	got := c.want(lpproto.Connected)
	if got.Header(lpproto.HeaderVersion) != lpproto.Version {
		t.Errorf("CONNECTED has version %q", got.Header(lpproto.HeaderVersion))
	}
	secrets.Store(got.Header(lpproto.HeaderSessionID), got.Header(lpproto.HeaderResumeSecret))
	return c, got.Header(lpproto.HeaderSessionID)
}

func secretOf(id string) string {
	secret, _ := secrets.Load(id)
	text, _ := secret.(string)
	return text
}

func (c *client) send(m lpproto.Message) {
	c.t.Helper()
	data, err := m.Encode()
	if err != nil {
		c.t.Fatal(err)
	}
	c.raw(websocket.TextMessage, data)
}

func (c *client) raw(kind int, data []byte) {
	c.t.Helper()
	if err := c.ws.WriteMessage(kind, data); err != nil {
		c.t.Fatal(err)
	}
}

// frame sends a good image.
func (c *client) frame() {
	c.t.Helper()
	c.send(lpproto.NewFrame(lpproto.ContentJPEGBase64, lpproto.EncodeBase64(jpegBytes(8, 8))))
}

func (c *client) next() lpproto.Message {
	c.t.Helper()
	_, data, err := c.ws.ReadMessage()
	if err != nil {
		c.t.Fatalf("no message: %v", err)
	}
	m, err := lpproto.Parse(data)
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

func (c *client) want(command lpproto.Command) lpproto.Message {
	c.t.Helper()
	m := c.next()
	if m.Command != command {
		c.t.Fatalf("got %s %v %s, want %s", m.Command, m.Headers, m.Body, command)
	}
	return m
}

func (c *client) wantError(code int) {
	c.t.Helper()
	if got, err := c.want(lpproto.Failure).ErrorCode(); err != nil || got != code {
		c.t.Fatalf("got ERROR %d, %v, want %d", got, err, code)
	}
}

func (c *client) wantStats(codes ...int32) lpproto.Message {
	c.t.Helper()
	m := c.want(lpproto.Stats)
	var body struct {
		IsOK   bool    `json:"isOk"`
		Errors []int32 `json:"errors"`
	}
	if err := json.Unmarshal(m.Body, &body); err != nil || body.IsOK || fmt.Sprint(body.Errors) != fmt.Sprint(codes) {
		c.t.Fatalf("got %s, %v, want errors %v", m.Body, err, codes)
	}
	return m
}

func (c *client) wantClose(code int, reason string) {
	c.t.Helper()
	_, data, err := c.ws.ReadMessage()
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != code || !strings.Contains(closed.Text, reason) {
		c.t.Fatalf("got %v %q, want close %d %q", err, data, code, reason)
	}
}

func jpegBytes(w, h int) []byte {
	m := image.NewGray(image.Rect(0, 0, w, h))
	m.Set(w/2, h/2, color.White)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// bomb returns a complete PNG whose header claims 50000 x 50000 pixels.
func bomb() []byte {
	chunk := func(kind string, data []byte) []byte {
		body := append([]byte(kind), data...)
		n, sum := len(data), crc32.ChecksumIEEE(body)
		out := append([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, body...)
		return append(out, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
	}
	side := []byte{0, 0, 0xc3, 0x50}
	header := append(append(append([]byte{}, side...), side...), 8, 0, 0, 0, 0)
	return bytes.Join([][]byte{[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", header), chunk("IDAT", []byte{0x78, 0x9c}), chunk("IEND", nil)}, nil)
}

// stored counts the session's frames.
func stored(t *testing.T, conn *streams.Conn, id string) (frames []*schemas.Frame) {
	t.Helper()
	for f, err := range sessions.New(conn).FramesOf(streamstest.Context(t), id) {
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, f.Message)
	}
	return frames
}

// wantEvents waits until the session's events are these.
func wantEvents(t *testing.T, conn *streams.Conn, id string, kinds ...schemas.SessionEventKind) (last *schemas.SessionEvent) {
	t.Helper()
	streamstest.Eventually(t, func() error {
		var got []schemas.SessionEventKind
		for e, err := range sessions.New(conn).EventsOf(context.Background(), id) {
			if err != nil {
				return err
			}
			got, last = append(got, e.Message.GetKind()), e.Message
		}
		if fmt.Sprint(got) != fmt.Sprint(kinds) {
			return fmt.Errorf("events are %v, want %v", got, kinds)
		}
		return nil
	})
	return last
}
