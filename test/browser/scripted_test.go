package browser_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/ui"
)

const sessionID = "5f0c3a52-7a0e-4b0b-9d42-0d7a3f4d5c11"

// resumeSecret resumes it.
const resumeSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEH"

// reply is the scripted server's answer to a frame: text to send, then the code
// to close with, if any.
type reply struct {
	text  string
	close int
}

// scripted serves the real page and answers LPProto as the test prescribes. It
// does not use the product's own codec, so that an error there cannot hide one
// in the page.
type scripted struct {
	url   string
	plain string // the page's address with a config that takes pictures without a face

	mu       sync.Mutex
	connects []string
	frames   [][]byte
	answer   func(frame []byte) reply
	hold     chan struct{} // while set, answers wait for it
	sockets  []*websocket.Conn
	faults   []string
	left     int  // sockets the page has closed or lost
	away     bool // nobody can connect
	config   string
}

func serve(t *testing.T) *scripted {
	t.Helper()
	s := &scripted{answer: func([]byte) reply { return stats(37) }, config: `{"front_detector":false}`}
	mux := http.NewServeMux()
	mux.Handle("/", ui.Handler(s.parents))
	mux.HandleFunc("/ws", s.socket)
	mux.HandleFunc("/ws/", s.socket)
	mux.HandleFunc("/ui-config/{name}", s.uiConfig)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(func() { s.drop() })
	s.url, s.plain = server.URL, server.URL+"/?cn=test"
	requirePage(t, s.url)
	return s
}

// requirePage fails the test when the page was not built into this binary.
func requirePage(t *testing.T, url string) {
	t.Helper()
	res, err := http.Get(url + "/page.js")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the page is not built (GET /page.js: %s): run make build", res.Status)
	}
}

// parents returns those of the config "test".
func (s *scripted) parents(_ context.Context, name string) []string {
	var config struct {
		Parents []string `json:"parent_origins"`
	}
	if name == "test" {
		_ = json.Unmarshal([]byte(s.config), &config)
	}
	return config.Parents
}

// uiConfig serves one UI config, "test".
func (s *scripted) uiConfig(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("name") != "test" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, s.config)
}

func (s *scripted) socket(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	away := s.away
	s.mu.Unlock()
	if away {
		http.Error(w, "away", http.StatusServiceUnavailable)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	s.mu.Lock()
	s.sockets = append(s.sockets, conn)
	s.mu.Unlock()
	messages := make(chan []byte)
	go func() {
		defer close(messages)
		for {
			_, data, err := conn.ReadMessage()
			if err != nil {
				return
			}
			messages <- data
		}
	}()
	for data := range messages {
		if !s.handle(conn, data, messages) {
			break
		}
	}
	conn.Close()
	for range messages { // lets the reader end
	}
	s.mu.Lock()
	s.left++
	s.mu.Unlock()
}

// handle answers one message; false closes the socket. While an answer is held
// back, another frame violates the lock-step.
func (s *scripted) handle(conn *websocket.Conn, data []byte, messages <-chan []byte) bool {
	head, body, _ := bytes.Cut(data, []byte("\n\n"))
	switch {
	case bytes.HasPrefix(head, []byte("CONNECT\n")):
		s.mu.Lock()
		s.connects = append(s.connects, string(data))
		s.mu.Unlock()
		return send(conn, "CONNECTED\nsession-id: "+sessionID+"\nresume-secret: "+resumeSecret+"\nversion: 1.0\n\n") && send(conn, "HEARTBEAT\n\n")
	case string(head) == "FRAME\ncontent-type:image/jpeg":
		s.mu.Lock()
		s.frames = append(s.frames, body)
		hold, answer := s.hold, s.answer
		s.mu.Unlock()
		if hold != nil {
			select {
			case <-hold:
			case early, ok := <-messages:
				if ok {
					s.fault("sent before the last frame was answered: %.20q", early)
				}
				return false
			}
		}
		r := answer(body)
		if r.text != "" && !send(conn, r.text) {
			return false
		}
		if r.close != 0 {
			message := websocket.FormatCloseMessage(r.close, "scripted")
			_ = conn.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second))
			return false
		}
		return true
	}
	s.fault("unexpected message %.60q", data)
	return false
}

func send(conn *websocket.Conn, text string) bool {
	return conn.WriteMessage(websocket.TextMessage, []byte(text)) == nil
}

func (s *scripted) fault(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}

// say sets the answer to every frame from now on.
func (s *scripted) say(answer func(frame []byte) reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *scripted) always(r reply) { s.say(func([]byte) reply { return r }) }

func (s *scripted) holdAnswers() (release func()) {
	hold := make(chan struct{})
	s.mu.Lock()
	s.hold = hold
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		s.hold = nil
		s.mu.Unlock()
		close(hold)
	}
}

// drop cuts every connection without a close message and refuses new ones until
// comeBack.
func (s *scripted) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = true
	for _, conn := range s.sockets {
		_ = conn.UnderlyingConn().Close()
	}
}

// expire ends every session as one whose client was silent for too long.
func (s *scripted) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.sockets {
		_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4008, "session timeout"), time.Now().Add(time.Second))
	}
}

func (s *scripted) comeBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = false
}

func (s *scripted) seen() (connects []string, frames [][]byte, faults []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.connects...), append([][]byte(nil), s.frames...), append([]string(nil), s.faults...)
}

func (s *scripted) frameCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.frames)
}

func (s *scripted) leftCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

func stats(codes ...int) reply {
	list := strings.Trim(strings.ReplaceAll(fmt.Sprint(codes), " ", ","), "[]")
	return reply{text: "STATS\ncontent-type:application/json\n\n" + `{"isOk":false,"errors":[` + list + `],"estimations":{}}`}
}

// progress returns STATS with one code and the JSON of activeLiveness.
func progress(code int, activeLiveness string) reply {
	return with(stats(code), "activeLiveness", activeLiveness)
}

// with adds a member of STATS.
func with(r reply, name, value string) reply {
	r.text = strings.TrimSuffix(r.text, "}") + `,"` + name + `":` + value + "}"
	return r
}

// success returns a SUCCESS message whose best shot is the given frame.
func success(frame []byte) reply {
	payload, err := json.Marshal(map[string]any{
		"isOk": true, "errors": []int{}, "jti": sessionID, "iat": 1780000000,
		"bestshot": base64.StdEncoding.EncodeToString(frame),
		"estimations": map[string]any{
			"faceCount":    1,
			"ags":          nil,
			"imageQuality": map[string]any{"blur": 0.942, "isBlurred": false, "light": 0.88, "isHighlighted": false, "darkness": 0.97, "isDark": false},
			"faceFramePosition": map[string]any{
				"faceRect":  map[string]int{"x": 135, "y": 67, "width": 243, "height": 336},
				"frameRect": map[string]int{"x": 0, "y": 0, "width": 640, "height": 480},
				"margins":   []int{67, 262, 77, 135},
			},
			"headPose":   map[string]any{"yaw": -3.14, "roll": 0.8, "pitch": 2.2},
			"eyes":       map[string]any{"left": 0.98, "right": 0.97, "state": "open"},
			"mouth":      map[string]any{"opened": 0.02, "smile": 0.1, "occluded": 0.01, "state": "closed"},
			"eyeglasses": "eyeglasses",
			"liveness":   map[string]any{"score": 0.974},
		},
	})
	if err != nil {
		panic(err)
	}
	token := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." +
		base64.RawURLEncoding.EncodeToString(payload) + "." + base64.RawURLEncoding.EncodeToString([]byte("not a signature"))
	return reply{text: "SUCCESS\ncontent-type:application/jwt\n\n" + token, close: websocket.CloseNormalClosure}
}

// eventually waits for a condition on the server.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited a minute for %s", what)
		}
	}
}
