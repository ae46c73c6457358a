package security

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
	"github.com/selene-liveness/selene/streams/streamstest"
)

const (
	hostileMessages = 10_000
	messageClients  = 8
	// messageGrowth is the memory that an installation may take after the first tenth of the messages, whatever the rest are.
	messageGrowth = 200 << 10 // KiB
)

// Each of many messages that a seeded generator makes gets an answer: a code, the reply to a good message, or a close code. The
// installation goes on: it does not grow, and another client gets a session.
func TestGeneratedMessages(t *testing.T) {
	i := up(t, `{}`)
	count := hostileMessages
	if !testing.Short() {
		count *= 10
	}
	var (
		mu       sync.Mutex
		answers  = map[string]int{}
		kinds    = map[string]int{}
		before   int
		finished int
	)
	var clients errgroup.Group
	for c := range messageClients {
		clients.Go(func() error {
			a := &attacker{addr: i.addr}
			defer a.leave()
			for n := c; n < count; n += messageClients {
				m := newGenerator(uint64(n)).next()
				answer, err := a.play(m)
				if err != nil {
					return fmt.Errorf("message %d, %s, %.200q: %w", n, m.kind, append(m.data, m.raw...), err)
				}
				mu.Lock()
				answers[answer]++
				kinds[m.kind]++
				if finished++; finished == count/10 {
					before = residentKiB(t, i.pid)
				}
				mu.Unlock()
			}
			return nil
		})
	}
	if err := clients.Wait(); err != nil {
		t.Fatal(err)
	}
	grown := residentKiB(t, i.pid) - before
	t.Logf("%v, by kind %v, %d KiB more than after the first tenth", answers, kinds, grown)
	if grown > messageGrowth {
		t.Errorf("the process grew by %d KiB; at most %d are expected", grown, messageGrowth)
	}
	for _, a := range attacks {
		if kinds[a.name] < count/100 {
			t.Errorf("the generator is one-sided: %d of %s", kinds[a.name], a.name)
		}
	}
	for _, code := range []int{lpproto.CodeMalformed, lpproto.CodeBadImage, lpproto.CodeContentType, lpproto.CodeVersion, lpproto.CodeNotConnected, lpproto.CodeSessionID} {
		if answers[fmt.Sprint("ERROR ", code)] == 0 {
			t.Errorf("nothing was answered with %d", code)
		}
	}
	if n := answers[fmt.Sprint("ERROR ", lpproto.CodeInternal)]; n > 0 {
		t.Errorf("%d messages were answered with an internal error", n)
	}
	i.honest()
}

// Messages beyond the size limit are refused without being kept.
func TestTooLargeMessages(t *testing.T) {
	i := up(t, `{}`)
	honest := &attacker{addr: i.addr}
	defer honest.leave()
	if err := honest.open(); err != nil {
		t.Fatal(err)
	}
	before := residentKiB(t, i.pid)
	for n := range 20 {
		a := &attacker{addr: i.addr}
		size := lpproto.MaxMessageBytes + 1 + n*(1<<20)
		answer, err := a.play(attack{connected: n%2 == 0, binary: true, data: append([]byte("FRAME\ncontent-type:image/jpeg\n\n"), make([]byte, size)...)})
		a.leave()
		if want := fmt.Sprint("ERROR ", lpproto.CodeTooLarge); err != nil || answer != want && answer != fmt.Sprint("closed ", lpproto.CloseTooLarge) {
			t.Errorf("%d bytes: got %q, %v", size, answer, err)
		}
	}
	if grown := residentKiB(t, i.pid) - before; grown > messageGrowth {
		t.Errorf("the process grew by %d KiB; at most %d are expected", grown, messageGrowth)
	}
	i.honest()
}

// honest opens a session and has a picture judged.
func (i *installation) honest() {
	i.t.Helper()
	if err := i.ready(); err != nil {
		i.t.Error(err)
	}
	a := &attacker{addr: i.addr}
	defer a.leave()
	picture := append([]byte("FRAME\ncontent-type:image/jpeg\n\n"), imagefiletest.JPEG(imagefiletest.Picture(320, 240))...)
	if answer, err := a.play(attack{connected: true, binary: true, data: picture}); err != nil || answer != string(lpproto.Stats) {
		i.t.Errorf("an honest client got %q, %v", answer, err)
	}
}

// attacker is a client that keeps its connection while the server does.
type attacker struct {
	addr      string
	ws        *websocket.Conn
	connected bool
}

func (a *attacker) leave() {
	if a.ws != nil {
		a.ws.Close()
	}
	a.ws, a.connected = nil, false
}

// open makes sure that there is a connection with a session.
func (a *attacker) open() error {
	if a.connected {
		return nil
	}
	a.leave()
	if err := a.dial(); err != nil {
		return err
	}
	if err := a.ws.WriteMessage(websocket.TextMessage, []byte("CONNECT\nversion:1.0\n\n")); err != nil {
		return err
	}
	answer, err := a.answer()
	if err == nil && answer != string(lpproto.Connected) {
		err = fmt.Errorf("CONNECT was answered with %s", answer)
	}
	a.connected = err == nil
	return err
}

func (a *attacker) dial() error {
	ws, _, err := websocket.DefaultDialer.Dial("ws://"+a.addr+"/ws", nil)
	a.ws = ws
	return err
}

// play sends the message and returns the answer: the command, "ERROR CODE" or "closed CODE". It is an error if there is none.
func (a *attacker) play(m attack) (string, error) {
	if m.connected {
		if err := a.open(); err != nil {
			return "", err
		}
	} else {
		a.leave()
		if err := a.dial(); err != nil {
			return "", err
		}
	}
	var err error
	switch {
	case m.raw != nil:
		_, err = a.ws.NetConn().Write(m.raw)
	case m.binary:
		err = a.ws.WriteMessage(websocket.BinaryMessage, m.data)
	default:
		err = a.ws.WriteMessage(websocket.TextMessage, m.data)
	}
	if err == nil && m.cut {
		err = a.ws.NetConn().(*net.TCPConn).CloseWrite()
	}
	// A server that refuses a message before its end may have closed the connection while it was written; the answer is there.
	answer, failure := a.answer()
	if failure != nil {
		a.leave()
		if m.cut {
			return "nothing, after the client had left", nil
		}
		return "", errors.Join(err, failure)
	}
	// What a mistake in framing does to the rest is not known, and a session that is over takes no more.
	if m.raw != nil || answer != string(lpproto.Stats) && answer != string(lpproto.Connected) && !strings.HasPrefix(answer, "ERROR 1002") && !strings.HasPrefix(answer, "ERROR 1003") {
		a.leave()
	}
	a.connected = a.ws != nil
	return answer, nil
}

// answer reads the reply to a message.
func (a *attacker) answer() (string, error) {
	if err := a.ws.SetReadDeadline(time.Now().Add(streamstest.Timeout)); err != nil {
		return "", err
	}
	for {
		_, data, err := a.ws.ReadMessage()
		var closed *websocket.CloseError
		if errors.As(err, &closed) && closed.Code != websocket.CloseAbnormalClosure { // 1005 answers a close without a code
			return fmt.Sprint("closed ", closed.Code), nil
		}
		if err != nil {
			return "", err
		}
		m, err := lpproto.Parse(data)
		if err != nil {
			return "", fmt.Errorf("the server sent %.100q: %w", data, err)
		}
		if m.Command == lpproto.Heartbeat {
			continue
		}
		if m.Command != lpproto.Failure {
			return string(m.Command), nil
		}
		code, err := m.ErrorCode()
		if err != nil || lpproto.CodeName(code) == fmt.Sprintf("code %d", code) {
			return "", fmt.Errorf("the server sent %.100q: %w", data, err)
		}
		return fmt.Sprint("ERROR ", code), nil
	}
}
