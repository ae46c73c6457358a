package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asticode/go-astiav"
	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/deploy/tools/mediafile"
	"github.com/selene-liveness/selene/deploy/tools/terminal"
	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas/imagefile"
)

const testSession = "0b0f8a4e-4e5d-4c7e-9d36-3f4f5a6b7c8d"

// testSecret resumes it.
const testSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEH"

// door is the server side of one connection.
type door struct {
	t    *testing.T
	conn *websocket.Conn
}

// serve starts a server that runs script for each connection to /ws, and returns its address.
// The connection is closed when script returns; the test waits for that.
func serve(t *testing.T, script func(d door)) string {
	t.Helper()
	var running sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running.Add(1)
		defer running.Done()
		if r.URL.Path != "/ws" {
			http.NotFound(w, r)
			return
		}
		upgrader := websocket.Upgrader{}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		script(door{t, conn})
	}))
	t.Cleanup(func() {
		running.Wait()
		server.Close()
	})
	return "ws" + strings.TrimPrefix(server.URL, "http") + "/ws"
}

// read returns the next message; ok is false when the client has closed.
func (d door) read() (m lpproto.Message, binary, ok bool) {
	kind, data, err := d.conn.ReadMessage()
	if err != nil {
		return m, false, false
	}
	m, err = lpproto.Parse(data)
	if err != nil {
		d.t.Error(err)
	}
	return m, kind == websocket.BinaryMessage, true
}

func (d door) send(m lpproto.Message) {
	data, err := m.Encode()
	if err == nil {
		err = d.conn.WriteMessage(websocket.TextMessage, data)
	}
	if err != nil {
		d.t.Error(err)
	}
}

func (d door) stats(codes ...int) {
	body, _ := json.Marshal(map[string]any{"isOk": false, "errors": codes, "estimations": map[string]any{}})
	d.send(lpproto.NewStats(body))
}

// close closes the connection and waits for the client to do the same, so that no message is lost.
func (d door) close(code int, reason string) {
	_ = d.conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason))
	for {
		if _, _, err := d.conn.ReadMessage(); err != nil {
			return
		}
	}
}

// accept reads CONNECT and answers it.
func (d door) accept() lpproto.ConnectRequest {
	m, _, _ := d.read()
	r, err := m.ConnectRequest()
	if err != nil {
		d.t.Error(err)
	}
	id := r.SessionID
	if id == "" {
		id = testSession
	}
	d.send(lpproto.NewConnected(id, testSecret))
	return r
}

// frame reads a FRAME and gives its image's size.
func (d door) frame() (size image.Point, ok bool) {
	m, binary, ok := d.read()
	if !ok {
		return size, false
	}
	b, _, err := m.Image(binary)
	var info imagefile.Info
	if err == nil {
		info, err = imagefile.Verify(b, imagefile.MaxPixels)
	}
	if err != nil {
		d.t.Error(err)
	}
	return image.Pt(info.Width, info.Height), true
}

func TestMain(m *testing.M) {
	astiav.SetLogLevel(astiav.LogLevelError)
	os.Exit(m.Run())
}

// sharedFaces finds the test media beside the repository, or skips.
func sharedFaces(t *testing.T) string {
	t.Helper()
	faces := filepath.Join(filepath.Dir(root(t)), "shared", "faces")
	if _, err := os.Stat(faces); err != nil {
		t.Skipf("no test faces at %s", faces)
	}
	return faces
}

func openT(t *testing.T, path string) mediafile.Source {
	t.Helper()
	src, err := mediafile.Open(path, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// frames creates a folder of n images; picture i is 16+i pixels wide.
func frames(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 16+i, 8)), nil); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.jpg", i)), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// fakeClock advances with each wait, and when a test advances it.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *fakeClock) After(d time.Duration) <-chan time.Time {
	c.advance(d)
	ch := make(chan time.Time, 1)
	ch <- c.Now()
	return ch
}

// play runs a session and collects its replies.
func play(t *testing.T, o Options, clk clock) (out Outcome, replies []Reply, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	o.OnReply = func(r Reply) { replies = append(replies, r) }
	out, err = run(ctx, o, clk)
	return out, replies, err
}

func TestSuccess(t *testing.T) {
	for _, text := range []bool{false, true} {
		var asked lpproto.ConnectRequest
		var kinds []bool
		var types []string
		url := serve(t, func(d door) {
			asked = d.accept()
			for i := range 3 {
				d.send(lpproto.NewHeartbeat()) // at any time, and no reply to anything
				m, binary, _ := d.read()
				kinds, types = append(kinds, binary), append(types, m.Header("content-type"))
				if b, _, err := m.Image(binary); err != nil {
					t.Error(err)
				} else if info, err := imagefile.Verify(b, imagefile.MaxPixels); err != nil || info.Width != 16+i {
					t.Errorf("frame %d is %d wide, %v", i, info.Width, err)
				}
				if i < 2 {
					d.stats(12, 37)
				}
			}
			d.send(lpproto.NewSuccess("a.b.c"))
			d.close(1000, "success")
		})
		out, replies, err := play(t, Options{Source: frames(t, 9), URL: url, Fast: true, Text: text, Heartbeat: time.Second, SessionID: testSession, ResumeSecret: testSecret}, wallClock{})
		if err != nil || ExitCode(out, err) != ExitPassed {
			t.Fatalf("%+v, %v", out, err)
		}
		if asked.Heartbeat != time.Second || asked.SessionID != testSession || asked.ResumeSecret != testSecret || out.Session != testSession {
			t.Errorf("asked for %+v, got session %q", asked, out.Session)
		}
		if out.Sent != 3 || out.Judged != 3 || out.JWT != "a.b.c" || out.Codes[12] != 2 || out.CloseCode != 1000 {
			t.Errorf("outcome %+v", out)
		}
		want := lpproto.ContentJPEG
		if text {
			want = lpproto.ContentJPEGBase64
		}
		if slices.Contains(kinds, text) || slices.ContainsFunc(types, func(s string) bool { return s != want }) {
			t.Errorf("text %v: binary %v, types %v", text, kinds, types)
		}
		var b strings.Builder
		printJSON, printText := PrintJSON(&b), PrintText(&b)
		for _, r := range replies {
			r.MS = 4.5
			printJSON(r)
			printText(r)
		}
		if b.String() != `{"command":"STATS","session":"`+testSession+`","seq":1,"errors":[12,37],"estimations":{},"ms":4.5}
    1  STATS   12 FACE_W_SMALL, 37 MORE_FRAMES  4 ms
{"command":"STATS","session":"`+testSession+`","seq":2,"errors":[12,37],"estimations":{},"ms":4.5}
    2  STATS   12 FACE_W_SMALL, 37 MORE_FRAMES  4 ms
{"command":"SUCCESS","session":"`+testSession+`","seq":3,"jwt":"a.b.c","ms":4.5}
    3  SUCCESS token of 5 bytes  4 ms
{"command":"CLOSED","session":"`+testSession+`","seq":3,"code":1000,"reason":"success","ms":4.5}
    3  CLOSED  1000 success  4 ms
` {
			t.Errorf("printed\n%s", b.String())
		}
	}
}

// TestEndings: each way a session may end gives its exit code and its last line.
func TestEndings(t *testing.T) {
	one := func(answer func(d door)) func(d door) {
		return func(d door) {
			d.accept()
			d.frame()
			answer(d)
		}
	}
	for _, c := range []struct {
		name   string
		script func(d door)
		exit   int
		says   string // in the error
		last   Reply
	}{
		{"source ends", func(d door) {
			d.accept()
			for range 2 {
				d.frame()
				d.stats(37)
			}
			if _, _, err := d.conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				t.Errorf("the client ends with %v", err)
			}
		}, ExitNotPassed, "", Reply{Code: 1000, Reason: "end of source", Seq: 2}},
		{"different face", one(func(d door) { d.stats(104); d.close(4003, "different face") }), ExitNotPassed, "", Reply{Code: 4003, Reason: "different face"}},
		{"server says enough", one(func(d door) { d.stats(8); d.close(1000, "") }), ExitNotPassed, "", Reply{Code: 1000}},
		{"no room", one(func(d door) { d.send(lpproto.NewError(1009)); d.close(1011, "internal error") }), ExitEnvironment, "ERROR 1009", Reply{Code: 1011, Reason: "internal error"}},
		{"server gone", one(func(door) {}), ExitEnvironment, "1006", Reply{Code: 1006}},
		{"server breaks", one(func(d door) { d.close(1011, "internal error") }), ExitEnvironment, "1011 internal error", Reply{Code: 1011, Reason: "internal error"}},
		{"success, no close", one(func(d door) { d.send(lpproto.NewSuccess("a.b.c")) }), ExitPassed, "", Reply{Code: 1006}},
		{"bad session id", func(d door) { d.read(); d.send(lpproto.NewError(1007)); d.close(1002, "protocol error") }, ExitEnvironment, "ERROR 1007", Reply{Code: 1002, Reason: "protocol error"}},
		{"wrong answer to CONNECT", func(d door) { d.read(); d.stats(8); d.read() }, ExitEnvironment, `CONNECT with "STATS"`, Reply{}},
		{"nothing judged", func(d door) {
			d.accept()
			for range 2 {
				d.frame()
				d.send(lpproto.NewError(1000))
			}
			d.read()
		}, ExitEnvironment, "none of 2 frames was judged", Reply{Code: 1000, Reason: "end of source", Seq: 2}},
		{"one frame not judged", func(d door) {
			d.accept()
			d.frame()
			d.send(lpproto.NewError(1002))
			d.frame()
			d.stats(37)
			d.read()
		}, ExitNotPassed, "", Reply{Code: 1000, Reason: "end of source", Seq: 2}},
		{"no LPProto", one(func(d door) { _ = d.conn.WriteMessage(websocket.TextMessage, []byte("hello")); d.read() }), ExitEnvironment, "not LPProto", Reply{Code: 1006}},
		{"no JSON", one(func(d door) { d.send(lpproto.NewStats([]byte("<"))); d.read() }), ExitEnvironment, "not JSON", Reply{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, replies, err := play(t, Options{Source: frames(t, 2), URL: serve(t, c.script), Fast: true}, wallClock{})
			if got := ExitCode(out, err); got != c.exit {
				t.Fatalf("exit code %d, want %d; %+v, %v", got, c.exit, out, err)
			}
			if c.says != "" && !strings.Contains(err.Error(), c.says) {
				t.Errorf("error is %q, want %q in it", err, c.says)
			}
			if c.last.Code == 0 {
				return
			}
			last := replies[len(replies)-1]
			if last.Command != "CLOSED" || last.Code != c.last.Code || c.last.Reason != "" && last.Reason != c.last.Reason || c.last.Seq != 0 && last.Seq != c.last.Seq {
				t.Errorf("last line is %+v, want %+v", last, c.last)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	address := "ws" + strings.TrimPrefix(closed.URL, "http")
	for url, says := range map[string]string{
		"http://127.0.0.1/ws": "use one like ws://", "%": "server address", address + "/ws": "404",
	} {
		if _, err := Run(t.Context(), Options{Source: frames(t, 1), URL: url}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", url, err, says)
		}
	}
	closed.Close()
	if _, err := Run(t.Context(), Options{Source: frames(t, 1), URL: address + "/ws"}); err == nil || !strings.Contains(err.Error(), "is the server running?") {
		t.Errorf("no server: %v", err)
	}
	if _, err := Run(t.Context(), Options{Source: "/nowhere", URL: address}); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("no source: %v", err)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := serve(t, func(d door) {
		d.accept()
		d.frame()
		cancel() // instead of a reply
		d.read()
	})
	if _, err := Run(ctx, Options{Source: frames(t, 2), URL: url, Fast: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

// TestPace: at the source's pace pictures that are late are dropped, the rest come in
// order; fast, every one comes.
func TestPace(t *testing.T) {
	// A picture every 100 ms, and a server that thinks for 30, 250, 30, 120, 30... ms.
	think := []time.Duration{30, 250, 30, 120, 30, 30, 30, 30, 30, 30}
	for _, c := range []struct {
		fast    bool
		fps     float64
		want    []int
		dropped int
	}{
		// Sent at 0 and 100; ready again at 350: picture 3 is there since 300. Ready at 380:
		// waits for 400, thinks till 520, where 5 is there.
		{false, 10, []int{0, 1, 3, 4, 5, 6, 7, 8, 9}, 1},
		{true, 10, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 0},
		{false, 2, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 0},
	} {
		clk := &fakeClock{now: time.Unix(1000, 0)}
		start := clk.now
		var got []int
		var at []time.Duration
		url := serve(t, func(d door) {
			d.accept()
			for i := 0; ; i++ {
				size, ok := d.frame()
				if !ok {
					return
				}
				got, at = append(got, size.X-16), append(at, clk.Now().Sub(start))
				clk.advance(think[i] * time.Millisecond)
				d.stats(37)
			}
		})
		out, replies, err := play(t, Options{Source: frames(t, 10), URL: url, Fast: c.fast, FPS: c.fps}, clk)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, c.want) || out.Dropped != c.dropped || out.Sent != len(c.want) {
			t.Errorf("fast %v: sent %v at %v, dropped %d; want %v, %d", c.fast, got, at, out.Dropped, c.want, c.dropped)
		}
		if replies[1].MS != 250 {
			t.Errorf("the second reply took %v ms", replies[1].MS)
		}
		for i, n := range got {
			if due := time.Duration(float64(n) / c.fps * float64(time.Second)); !c.fast && at[i] < due {
				t.Errorf("picture %d, due at %v, was sent at %v", n, due, at[i])
			}
		}
	}
}

func TestLoopGoesOn(t *testing.T) {
	var got []int
	url := serve(t, func(d door) {
		d.accept()
		for range 7 {
			size, _ := d.frame()
			got = append(got, size.X-16)
			if len(got) < 7 {
				d.stats(37)
			}
		}
		d.send(lpproto.NewSuccess("a.b.c"))
		d.close(1000, "success")
	})
	out, _, err := play(t, Options{Source: frames(t, 3), URL: url, Fast: true, Loop: true}, wallClock{})
	if err != nil || !out.Passed || !slices.Equal(got, []int{0, 1, 2, 0, 1, 2, 0}) {
		t.Errorf("sent %v; %+v, %v", got, out, err)
	}
}

// TestRealVideo sends a real clip, all of it, and has every image inspected.
func TestRealVideo(t *testing.T) {
	faces := sharedFaces(t)
	n := 0
	url := serve(t, func(d door) {
		d.accept()
		for {
			size, ok := d.frame()
			if !ok {
				return
			}
			if size != image.Pt(960, 540) {
				t.Errorf("frame %d is %v", n, size)
			}
			n++
			d.stats(37)
		}
	})
	var last terminal.Progress
	out, _, err := play(t, Options{
		Source: filepath.Join(faces, "video", "real_zub_webcam_turns.webm"), URL: url, Fast: true,
		OnProgress: func(p terminal.Progress) { last = p },
	}, wallClock{})
	if err != nil || n != 199 || out.Sent != 199 || ExitCode(out, err) != ExitNotPassed {
		t.Errorf("%d frames came; %+v, %v", n, out, err)
	}
	if last.Detail != "199 frames" || last.Fraction < 0.98 {
		t.Errorf("progress ended with %+v", last)
	}
}
