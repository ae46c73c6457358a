package gateway

import (
	"errors"
	"io"
	"time"

	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/lpproto"
)

// read passes on messages until the connection ends. It continues while a frame is judged, to notice the end of the connection
// and to answer a client that breaks the lock-step.
func (s *socket) read() {
	s.ws.SetReadLimit(farTooLarge * s.config.MaxMessage)
	s.ws.SetPongHandler(func(string) error {
		if s.beats.Load() {
			s.sign()
		}
		return s.ws.SetReadDeadline(time.Now().Add(s.config.PongTimeout))
	})
	answer := s.ws.PingHandler()
	s.ws.SetPingHandler(func(text string) error {
		s.sign()
		return answer(text)
	})
	for {
		m, err := s.next()
		if err != nil {
			return
		}
		s.sign()
		switch {
		case m.fault == nil && m.Command == lpproto.Heartbeat:
			continue
		case m.fault == nil && m.Command == lpproto.Frame && !s.frames.begin():
			continue
		}
		select {
		case s.in <- m:
		case <-s.closing:
		}
	}
}

// sign reports a sign of life of the client.
func (s *socket) sign() {
	select {
	case s.alive <- struct{}{}:
	default: // one is enough
	}
}

// next reads one message. After an error there are no more.
func (s *socket) next() (received, error) {
	if err := s.ws.SetReadDeadline(time.Now().Add(s.config.PongTimeout)); err != nil {
		return received{}, err
	}
	kind, r, err := s.ws.NextReader()
	if err != nil {
		return received{}, err
	}
	if err := s.ws.SetReadDeadline(time.Now().Add(messageTime)); err != nil {
		return received{}, err
	}
	select {
	case <-s.closing:
		_, err := io.Copy(io.Discard, r)
		return received{}, err
	default:
	}
	data, err := io.ReadAll(io.LimitReader(r, s.config.MaxMessage+1))
	if err != nil {
		return received{}, err
	}
	m := received{binary: kind == websocket.BinaryMessage, at: time.Now()}
	if int64(len(data)) > s.config.MaxMessage {
		m.fault = &lpproto.Error{Code: lpproto.CodeTooLarge, Detail: "the message exceeds the limit"}
		return m, nil
	}
	if m.Message, err = lpproto.Parse(data); err != nil {
		if !errors.As(err, &m.fault) {
			m.fault = &lpproto.Error{Code: lpproto.CodeMalformed, Detail: err.Error()}
		}
	}
	return m, nil
}
