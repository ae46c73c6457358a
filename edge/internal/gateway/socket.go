package gateway

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/lpproto"
)

// socket is one WebSocket with a goroutine that reads and one that writes.
type socket struct {
	ws      *websocket.Conn
	config  Config
	metrics *Metrics

	in     chan received // unbuffered: one message at a time
	frames lockstep

	alive chan struct{} // holds one sign of life of the client that is not in `in`
	beats atomic.Bool   // the client asked for heartbeats, so its answers to pings are signs of life

	out     chan []byte        // a client that lets it fill up is disconnected
	beat    chan time.Duration // interval of heartbeats, sent once
	closing chan struct{}      // closed when messages are no longer handled
	last    chan []byte        // the close frame, sent once
	cut     sync.Once
	session atomic.Value // its ID, a string, once CONNECT was answered; for logs

	readerDone, writerDone chan struct{}
}

// received is a message of the client, or the mistake in it.
type received struct {
	lpproto.Message
	binary bool
	at     time.Time // when its last byte arrived
	fault  *lpproto.Error
}

// farTooLarge times the limit is a message that is not even read to its end, which a header may put at 2^63 bytes. The socket is
// closed with 1009 as soon as the header or the data says so; a smaller message that is too large gets an ERROR.
const farTooLarge = 2

// outgoing bounds the messages that wait for a slow reader. In lock-step a client has one reply to read.
const outgoing = 16

func newSocket(ws *websocket.Conn, c Config, m *Metrics) *socket {
	return &socket{
		ws: ws, config: c, metrics: m, in: make(chan received), alive: make(chan struct{}, 1),
		out: make(chan []byte, outgoing), beat: make(chan time.Duration, 1),
		closing: make(chan struct{}), last: make(chan []byte, 1), readerDone: make(chan struct{}), writerDone: make(chan struct{}),
	}
}

// start begins to read and write. It calls gone when the connection ends.
func (s *socket) start(gone func()) {
	go func() {
		defer close(s.readerDone)
		s.read()
		if gone != nil {
			gone()
		}
	}()
	go func() {
		defer close(s.writerDone)
		s.write()
	}()
}

// finish sends the queued messages and the close frame, waits a moment for the client to receive it, and closes the socket.
// Data that the client still sends is read and dropped: unread bytes would turn the close into a reset, which can overtake the
// last reply.
func (s *socket) finish(code int, reason string) {
	close(s.closing)
	s.last <- websocket.FormatCloseMessage(code, reason)
	<-s.writerDone
	timeout := time.NewTimer(closeTime)
	defer timeout.Stop()
	select {
	case <-s.readerDone:
	case <-timeout.C:
	}
	s.cutOff()
	<-s.readerDone
}

// cutOff ends the connection at once. It may be called from any goroutine.
func (s *socket) cutOff() {
	s.cut.Do(func() { _ = s.ws.Close() }) // the connection is useless already
}
