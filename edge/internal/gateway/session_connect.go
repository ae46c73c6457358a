package gateway

import (
	"context"
	"errors"
	"log/slog"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
)

// connect answers CONNECT. After an internal error the client may try again on the same socket.
func (s *session) connect(ctx context.Context, m lpproto.Message) *closure {
	if s.id != "" || s.ended != nil {
		return s.refuse(lpproto.CodeNotConnected, "connected already")
	}
	r, err := m.ConnectRequest()
	if err != nil {
		return s.refuse(codeOf(err), "")
	}
	id, err := streams.SessionID(r.SessionID)
	switch {
	case r.SessionID == "":
		id = uuid.NewString()
	case err != nil:
		return s.refuse(lpproto.CodeSessionID, "the session ID must be a UUID")
	}
	if r.SessionID != "" {
		r.SessionID = id // under which its ticket is stored
	}
	secret, err := s.open(ctx, id, r)
	if errors.Is(err, errSessionEnded) {
		ended, cause := s.gateway.findEnded(ctx, r)
		if cause != nil || ended != nil {
			s.ended, err = ended, cause
		}
	}
	var locked *lockedOutError
	switch {
	case errors.As(err, &locked):
		return s.refuse(lpproto.CodeLockedOut, locked.Error())
	case errors.Is(err, errNoRoom), errors.Is(err, errBacklog), errors.Is(err, errSockets):
		return s.refuse(lpproto.CodeCapacity, "")
	case errors.Is(err, errSessionEnded):
		return s.refuse(lpproto.CodeEnded, "")
	case refusalOf(err) != nil:
		return s.refuse(lpproto.CodeSessionID, refusalOf(err).Error())
	case err != nil:
		slog.Error("open session", "session", id, "error", err)
		s.socket.fail(lpproto.CodeInternal)
		return nil
	}
	if r.Heartbeat > 0 {
		s.socket.heartbeats(r.Heartbeat)
	}
	s.socket.session.Store(s.id)
	s.socket.send(lpproto.NewConnected(id, secret))
	return nil
}

// open assigns the session to this socket, or changes nothing. A session that was opened before continues from its state. secret is
// what resumes it, or empty if the client has a ticket or did not show what it does not need to.
func (s *session) open(ctx context.Context, id string, r lpproto.ConnectRequest) (secret string, err error) {
	a, err := s.gateway.admit(ctx, id, s.address, r)
	if err != nil {
		return "", err
	}
	c, err := s.gateway.claim(ctx, a)
	if err != nil {
		return "", err
	}
	secret = c.presence.Secret
	if err := s.join(a); err != nil {
		c.undo(ctx)
		return "", err
	}
	if err := s.takeUp(ctx, c, deviceOf(r)); err != nil {
		s.part()
		c.undo(ctx)
		return "", err
	}
	return secret, nil
}

// codeOf returns the system code that answers an error.
func codeOf(err error) int {
	var mistake *lpproto.Error
	if errors.As(err, &mistake) {
		return mistake.Code
	}
	return lpproto.CodeInternal
}

// refusals are the reasons why a client cannot have a session, in words for the client.
var refusals = []error{sessions.ErrBusy, sessions.ErrTicket, sessions.ErrKey, errErased}

// refusalOf returns the reason in err why the client cannot have the session, or nil if it is none.
func refusalOf(err error) error {
	for _, reason := range refusals {
		if errors.Is(err, reason) {
			return reason
		}
	}
	return nil
}
