package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// ended is a session that its client may not have heard the end of: the connection broke when the last reply was on its
// way. Nobody takes it up again; the next frame gets that reply, unjudged, and the socket closes as it did then.
type ended struct {
	id       string
	decision *schemas.Decision
	settings *schemas.Settings
}

// end is how a session ended, for whoever shows its token, for as long as it could have been taken up again. It is nil for
// a session without a token: its id is in addresses, logs and events, and must not be enough for a signed best shot.
func (g *Gateway) end(ctx context.Context, r lpproto.ConnectRequest) (*ended, error) {
	if ticket, err := g.admit(ctx, r); ticket == nil || err != nil {
		return nil, err
	}
	last, err := g.conn.OwnLastDecision(ctx, r.SessionID)
	if errors.Is(err, streams.ErrImported) || errors.Is(err, streams.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	settings, err := g.conn.SettingsAt(ctx, last.GetState().GetSettingsRevision())
	if err != nil {
		return nil, err
	}
	timeout := time.Duration(settings.Video.SessionTimeout) * time.Second
	if !last.GetOutcome().Terminal() || time.Since(time.Unix(0, last.GetDecidedUnixNanos())) > timeout {
		return nil, nil
	}
	return &ended{r.SessionID, last, settings}, nil
}

// repeat answers a frame with the last reply of a session that has ended.
func (s *session) repeat(ctx context.Context, m received) *ending {
	as := *s // the session is nobody's: what this socket does with it leaves no trace
	as.id, as.settings = s.over.id, s.over.settings
	return as.reply(ctx, m, &picture{}, s.over.decision)
}
