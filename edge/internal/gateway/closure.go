package gateway

import (
	"context"
	"errors"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
)

// Causes for which a session's context is cancelled.
var (
	errClientGone       = errors.New("the client is gone")
	errClaimedElsewhere = errors.New("the session is live on another socket")
	errStopped          = errors.New("the process is shutting down")
)

// closure gives the reason why a socket closes and what happens to its session.
type closure struct {
	code      int
	reason    string
	outcome   schemas.Outcome // of the session, if it has ended
	idle      bool            // the session times out at once: its client was silent, or sent no frame, for too long, or sent too much
	elsewhere bool            // another socket has claimed the session
}

func closeWith(code int) *closure {
	return &closure{code: code, reason: lpproto.CloseReason(code)}
}

// timedOut returns the closure for a client that was silent, or sent no frame, for too long.
func timedOut() *closure {
	c := closeWith(lpproto.CloseSessionTimeout)
	c.idle = true
	return c
}

// closureOf returns the closure for a session whose context is cancelled.
func closureOf(ctx context.Context) *closure {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errClaimedElsewhere):
		return &closure{code: lpproto.CloseProtocol, reason: errClaimedElsewhere.Error(), elsewhere: true}
	case errors.Is(cause, errStopped):
		return closeWith(lpproto.CloseRestart)
	}
	return &closure{code: lpproto.CloseSuccess} // nobody reads it
}

// refuse answers with a system code and closes the socket. An empty reason is the code's own.
func (s *session) refuse(code int, reason string) *closure {
	s.socket.fail(code)
	if reason == "" {
		reason = lpproto.CodeName(code)
	}
	return &closure{code: lpproto.CloseCode(code), reason: reason}
}
