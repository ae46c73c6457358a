package gateway

import (
	"context"
	"time"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// session is one socket's part of a session. Only the goroutine in run touches it.
type session struct {
	gateway *Gateway
	socket  *socket
	onLost  func() // called when another socket has claimed the session

	id       string // empty until CONNECT was answered
	settings *schemas.Settings
	decider  string
	state    *schemas.SessionState
	inbox    *streams.Inbox
	presence *keeper

	ended *endedSession // instead of all the above: a session that ended before this socket
}

// run handles messages until the socket has to close.
func (s *session) run(ctx context.Context) *closure {
	idle := time.NewTimer(s.gateway.config.ConnectTimeout)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return closureOf(ctx)
		case <-s.gateway.drain:
			return closeWith(lpproto.CloseRestart)
		case <-idle.C:
			if s.id == "" {
				return &closure{code: lpproto.CloseProtocol, reason: "no CONNECT in time"}
			}
			c := closeWith(lpproto.CloseSessionTimeout)
			c.idle = true
			return c
		case m := <-s.socket.in:
			active, c := s.handle(ctx, m)
			if c != nil {
				return c
			}
			if active && s.id != "" {
				idle.Reset(timeoutOf(s.settings))
			}
		}
	}
}

// handle answers one message. active reports whether the message restarts the session's timeout.
func (s *session) handle(ctx context.Context, m received) (active bool, c *closure) {
	switch {
	case m.fault != nil:
		return false, s.refuse(m.fault.Code, "")
	case m.Command == lpproto.Connect:
		return true, s.connect(ctx, m.Message)
	case m.Command == lpproto.Frame:
		return s.frame(ctx, m)
	}
	return false, s.refuse(lpproto.CodeMalformed, "")
}

// timeoutOf returns how long a session may be silent, or without a socket.
func timeoutOf(s *schemas.Settings) time.Duration {
	return time.Duration(s.Video.SessionTimeout) * time.Second
}
