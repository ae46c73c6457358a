package gateway

import (
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/lpproto"
)

// goodbye is how long the close frame of a client that reads too slowly may take.
const goodbye = 100 * time.Millisecond

// send queues a message. A client that reads too slowly is disconnected.
func (s *socket) send(m lpproto.Message) {
	data, err := m.Encode()
	if err != nil {
		slog.Error("encode reply", "command", m.Command, "error", err)
		s.cutOff()
		return
	}
	select {
	case s.out <- data:
	default:
		s.dropSlow()
	}
}

// dropSlow ends the connection to a client that does not read, with a close code if there is still room for a few bytes.
func (s *socket) dropSlow() {
	s.cut.Do(func() {
		slog.Warn("socket closed: its client reads too slowly",
			"session", s.session.Load(), "code", lpproto.CloseSlow, "waiting", len(s.out))
		last := websocket.FormatCloseMessage(lpproto.CloseSlow, lpproto.CloseReason(lpproto.CloseSlow))
		_ = s.ws.WriteControl(websocket.CloseMessage, last, time.Now().Add(goodbye))
		_ = s.ws.Close()
	})
}

// answer queues the reply to a frame, and then those to the frames that came before it.
func (s *socket) answer(m lpproto.Message) {
	early := s.frames.end()
	s.send(m)
	for range early {
		s.fail(lpproto.CodeLockStep)
	}
}

// fail queues an ERROR.
func (s *socket) fail(code int) {
	s.metrics.failure(code)
	s.send(lpproto.NewError(code))
}

// heartbeats starts heartbeats at an interval. Each comes with a ping, whose answer is a sign of life. Call it once.
func (s *socket) heartbeats(interval time.Duration) {
	s.beats.Store(true)
	s.beat <- interval
}

// write sends queued messages until the close frame has been sent or a write fails.
func (s *socket) write() {
	ping := time.NewTicker(s.config.PongTimeout / 3)
	defer ping.Stop()
	var beat <-chan time.Time
	heartbeat, _ := lpproto.NewHeartbeat().Encode() // a constant message cannot fail
	for {
		var err error
		select {
		case data := <-s.out:
			err = s.put(data)
		case interval := <-s.beat:
			ticker := time.NewTicker(interval)
			defer ticker.Stop()
			beat = ticker.C
		case <-beat:
			if err = s.put(heartbeat); err == nil {
				err = s.control(websocket.PingMessage, nil)
			}
		case <-ping.C:
			err = s.control(websocket.PingMessage, nil)
		case last := <-s.last:
			for err == nil && len(s.out) > 0 {
				err = s.put(<-s.out)
			}
			if err == nil {
				err = s.control(websocket.CloseMessage, last)
			}
			if err != nil {
				s.cutOff()
			}
			return
		}
		var failed net.Error
		switch {
		case errors.As(err, &failed) && failed.Timeout():
			s.dropSlow()
			return
		case err != nil:
			s.cutOff()
			return
		}
	}
}

func (s *socket) control(kind int, data []byte) error {
	return s.ws.WriteControl(kind, data, time.Now().Add(s.config.WriteTimeout))
}

func (s *socket) put(data []byte) error {
	if err := s.ws.SetWriteDeadline(time.Now().Add(s.config.WriteTimeout)); err != nil {
		return err
	}
	return s.ws.WriteMessage(websocket.TextMessage, data)
}
