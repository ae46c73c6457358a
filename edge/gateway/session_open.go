package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

const seedBytes = 16

// connect answers CONNECT. After a fault of ours the client may try again on the same socket.
func (s *session) connect(ctx context.Context, m lpproto.Message) *ending {
	if s.id != "" || s.over != nil {
		return s.refuse(lpproto.CodeNotConnected, "connected already")
	}
	r, err := m.ConnectRequest()
	if err != nil {
		return s.refuse(codeOf(err), "")
	}
	id := r.SessionID
	if id == "" {
		id = uuid.NewString()
	} else if err := streams.CheckSession(id); err != nil {
		return s.refuse(lpproto.CodeSessionID, "the session id is no UUID in lower case")
	}
	err = s.open(ctx, id, r)
	if errors.Is(err, errEnded) {
		over, cause := s.gateway.end(ctx, r)
		if cause != nil || over != nil {
			s.over, err = over, cause
		}
	}
	switch {
	case errors.Is(err, streams.ErrBusy), errors.Is(err, errEnded), errors.Is(err, streams.ErrTicket):
		return s.refuse(lpproto.CodeSessionID, whyNot(err))
	case err != nil:
		slog.Error("open session", "session", id, "error", err)
		s.socket.fail(lpproto.CodeInternal)
		return nil
	}
	if r.Heartbeat > 0 {
		s.socket.heartbeats(r.Heartbeat)
	}
	s.socket.send(lpproto.NewConnected(id))
	return nil
}

// open makes the session this socket's, or changes nothing.
func (s *session) open(ctx context.Context, id string, r lpproto.ConnectRequest) (err error) {
	conn, named := s.gateway.conn, r.SessionID != ""
	ticket, err := s.gateway.admit(ctx, r)
	if err != nil {
		return err
	}
	var before *schemas.SessionState
	if named {
		// Refused before it is claimed: the presence an edge left that died after the last decision still has to expire.
		if before, err = s.gateway.resume(ctx, id); err != nil {
			return err
		}
	}
	revision, settings, err := s.gateway.settingsOf(ctx, ticket, before)
	if err != nil {
		return err
	}
	decider, err := conn.AskDecider(ctx)
	if err != nil {
		return err
	}
	ttl := time.Duration(settings.Video.SessionTimeout) * time.Second
	presence, err := conn.Claim(ctx, id, s.gateway.name, ttl)
	if err != nil {
		return err
	}
	var inbox *streams.Inbox
	state, kind := newState(revision, deviceOf(r)), schemas.SessionEventKind_SESSION_OPENED
	defer func() {
		if err != nil {
			unclaim(ctx, conn, id, presence, ttl)
			if inbox != nil {
				inbox.Close()
			}
		}
	}()
	if named {
		resumed, err := s.gateway.resume(ctx, id)
		if err != nil {
			return err
		}
		if resumed != nil {
			state, kind = resumed, schemas.SessionEventKind_SESSION_RESUMED
			if settings, err = conn.SettingsAt(ctx, state.GetSettingsRevision()); err != nil {
				return err
			}
			ttl = time.Duration(settings.Video.SessionTimeout) * time.Second
		}
	}
	if err := s.gateway.signer.Weakness(); err != nil && !settings.Development() {
		return fmt.Errorf("%w: sessions in production need a better one", err)
	}
	if inbox, err = conn.OpenInbox(id); err != nil {
		return err
	}
	if ticket != nil && kind == schemas.SessionEventKind_SESSION_OPENED {
		if err := conn.UseTicket(ctx, ticket); err != nil {
			return err
		}
		takeOver(state, id, ticket)
	}
	if err := s.gateway.tell(ctx, id, kind, state.GetSettingsRevision(), 0); err != nil {
		return err
	}
	s.id, s.settings, s.decider, s.state, s.inbox = id, settings, decider, state, inbox
	s.presence = s.gateway.keep(id, presence, ttl, s.lose)
	return nil
}

// settingsOf is what a session is judged by, and its revision: what it began with, or the newest of the variant that its
// ticket or this gateway names.
func (g *Gateway) settingsOf(ctx context.Context, ticket *streams.Ticket, before *schemas.SessionState) (uint64, *schemas.Settings, error) {
	if before != nil {
		settings, err := g.conn.SettingsAt(ctx, before.GetSettingsRevision())
		return before.GetSettingsRevision(), settings, err
	}
	variant := g.config.Variant
	if ticket != nil && ticket.Variant != "" {
		variant = ticket.Variant
	}
	newest, err := g.conn.SettingsOf(ctx, variant)
	if err != nil {
		return 0, nil, err
	}
	return newest.Number, newest.Settings, nil
}

func newState(revision uint64, d *schemas.Device) *schemas.SessionState {
	seed := make([]byte, seedBytes)
	rand.Read(seed)
	return &schemas.SessionState{SettingsRevision: revision, Seed: seed, OpenedUnixNanos: time.Now().UnixNano(), Device: d}
}

// unclaim gives a session back that could not be opened. Its silence is judged as before.
func unclaim(ctx context.Context, conn *streams.Conn, id string, p *streams.Presence, ttl time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), brokerTimeout)
	defer cancel()
	p.Connected = false
	if err := conn.Refresh(ctx, id, p, ttl); err != nil {
		slog.Warn("let go of a session", "session", id, "error", err)
	}
}

// codeOf is the system code that answers an error.
func codeOf(err error) int {
	var fault *lpproto.Error
	if errors.As(err, &fault) {
		return fault.Code
	}
	return lpproto.CodeInternal
}
