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
	address string // of the client, for lock-outs; empty = unknown
	onLost  func() // called when another socket has claimed the session

	neighbour *neighbour // what the clients of the address do; nil = unknown
	person    *neighbour // what the sockets of the ticket's person do; nil without a ticket
	usage     *usage     // of the person, or else of the address, or else of the socket

	id       string // empty until CONNECT was answered
	settings *schemas.Settings
	decider  string
	state    *schemas.SessionState
	inbox    *streams.Inbox
	presence *keeper

	unsettled bool // a frame that was published before, here or at another edge, may have no decision yet

	ended *endedSession // instead of all the above: a session that ended before this socket
}

// run handles messages until the socket has to close.
func (s *session) run(ctx context.Context) *closure {
	idle, frameless := time.NewTimer(s.gateway.config.ConnectTimeout), time.NewTimer(0)
	defer idle.Stop()
	defer frameless.Stop()
	frameless.Stop() // until CONNECT
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
			return timedOut()
		case <-frameless.C:
			return timedOut()
		case <-s.socket.alive:
			if s.id != "" {
				idle.Reset(idleTimeOf(s.settings))
			}
		case m := <-s.socket.in:
			progress, c := s.handle(ctx, m)
			if c != nil {
				return c
			}
			if s.id == "" {
				continue
			}
			idle.Reset(idleTimeOf(s.settings))
			if limit, limited := framelessTimeOf(s.settings); progress && limited {
				frameless.Reset(limit)
			}
		}
	}
}

// handle answers one message. progress reports whether the message was a frame that was judged, or CONNECT.
func (s *session) handle(ctx context.Context, m received) (progress bool, c *closure) {
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

// idleTimeOf returns how long a client may give no sign of life while its socket is open.
func idleTimeOf(s *schemas.Settings) time.Duration { return seconds(s.Session.IdleSeconds) }

// framelessTimeOf returns how long a client that gives signs of life may send no frame, if that is limited. Nobody but the gateway
// notices that time passes without frames.
func framelessTimeOf(s *schemas.Settings) (limit time.Duration, limited bool) {
	return max(seconds(s.Session.DurationSeconds), idleTimeOf(s)), s.Session.DurationSeconds > 0
}

// timeoutOf returns how long a session without a socket can be resumed.
func timeoutOf(s *schemas.Settings) time.Duration { return seconds(float64(s.Video.SessionTimeout)) }

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
