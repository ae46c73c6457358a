package gateway

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// session is one socket's part of a session. Only the goroutine in run touches it.
type session struct {
	gateway *Gateway
	socket  *socket
	lose    func() // called when the session was claimed elsewhere

	id       string // empty until CONNECT was answered
	settings *schemas.Settings
	decider  string
	state    *schemas.SessionState
	inbox    *streams.Inbox
	presence *keeper

	over *ended // instead of all the above: a session whose end is told again
}

// ending says why a socket closes and what becomes of the session.
type ending struct {
	code    int
	reason  string
	outcome schemas.Outcome // the session's end, if it came
	silent  bool            // the client said nothing for the session's timeout
	lost    bool            // the session is somebody else's now
}

// refuse answers with a system code and ends the socket. An empty reason is the code's own.
func (s *session) refuse(code int, reason string) *ending {
	s.socket.fail(code)
	if reason == "" {
		reason = lpproto.CodeName(code)
	}
	return &ending{code: lpproto.CloseCode(code), reason: reason}
}

// run takes messages until the socket shall close.
func (s *session) run(ctx context.Context) *ending {
	idle := time.NewTimer(s.gateway.config.ConnectTimeout)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return interrupted(ctx)
		case <-s.gateway.drain:
			return &ending{code: lpproto.CloseRestart, reason: lpproto.CloseReason(lpproto.CloseRestart)}
		case <-idle.C:
			if s.id == "" {
				return &ending{code: lpproto.CloseProtocol, reason: "no CONNECT in time"}
			}
			return &ending{code: lpproto.CloseSessionTimeout, reason: lpproto.CloseReason(lpproto.CloseSessionTimeout), silent: true}
		case m := <-s.socket.in:
			heard, end := s.handle(ctx, m)
			if end != nil {
				return end
			}
			if heard && s.id != "" {
				idle.Reset(s.timeout())
			}
		}
	}
}

// handle answers one message. heard says whether it is a sign of life of the session.
func (s *session) handle(ctx context.Context, m received) (heard bool, end *ending) {
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

func (s *session) timeout() time.Duration {
	return time.Duration(s.settings.Video.SessionTimeout) * time.Second
}

func interrupted(ctx context.Context) *ending {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errLost):
		return &ending{code: lpproto.CloseProtocol, reason: errLost.Error(), lost: true}
	case errors.Is(cause, errStop):
		return &ending{code: lpproto.CloseRestart, reason: lpproto.CloseReason(lpproto.CloseRestart)}
	}
	return &ending{code: lpproto.CloseSuccess} // nobody reads it
}

// release tells the broker that the socket is gone, before the client hears so: it may go on elsewhere at once.
func (s *session) release(ctx context.Context, end *ending) {
	if s.id == "" {
		return
	}
	s.inbox.Close()
	ctx, cancel := context.WithTimeout(ctx, brokerTimeout)
	defer cancel()
	presence := s.presence.stop()
	var err error
	switch {
	case end.lost:
		return
	case end.outcome.Terminal():
		// A presence that stays expires, and then others make the end known.
		if err = s.gateway.tell(ctx, s.id, schemas.SessionEventKind_SESSION_CLOSED, s.state.GetSettingsRevision(), end.outcome); err == nil {
			err = s.gateway.conn.Forget(ctx, s.id)
		}
	default:
		ttl := s.timeout()
		if end.silent {
			ttl = shortestTTL // it was silent for the whole time already
		}
		presence.Connected = false
		err = errors.Join(
			s.gateway.conn.Refresh(ctx, s.id, presence, ttl),
			s.gateway.tell(ctx, s.id, schemas.SessionEventKind_SESSION_DISCONNECTED, s.state.GetSettingsRevision(), 0))
	}
	if err != nil {
		slog.Warn("let go of a session", "session", s.id, "error", err)
	}
}

// shortestTTL is the least a key of the broker can live.
const shortestTTL = time.Second

// tell publishes a step of a session's life.
func (g *Gateway) tell(ctx context.Context, id string, kind schemas.SessionEventKind, revision uint64, outcome schemas.Outcome) error {
	return g.conn.PublishSessionEvent(ctx, &schemas.SessionEvent{
		Version: schemas.Version, Session: id, Kind: kind, AtUnixNanos: time.Now().UnixNano(), Edge: g.name,
		SettingsRevision: revision, Outcome: outcome,
	})
}
