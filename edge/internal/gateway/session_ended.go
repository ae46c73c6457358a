package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
)

var errSessionEnded = errors.New("the session has ended")

// errDecided is returned for a session with a final decision of this installation. It is an errSessionEnded.
var errDecided = fmt.Errorf("%w", errSessionEnded)

// errErased is returned for the ID of an erased session.
var errErased = errors.New("the session was erased")

// endedSession is a session whose client may have missed the last reply: the connection broke while it was on its way.
// Nobody takes it up again; the next frame is answered with that reply, without being judged, and the socket closes as it
// did then.
type endedSession struct {
	id       string
	decision *schemas.Decision
	settings *schemas.Settings
}

// findEnded returns an ended session to a client that has its token, for as long as the session could have been taken up
// again, and nil otherwise. A session without a token is never returned: its ID is in addresses, logs and events, and must
// not be enough for a signed best shot.
func (g *Gateway) findEnded(ctx context.Context, r lpproto.ConnectRequest) (*endedSession, error) {
	if ticket, err := g.ticketFor(ctx, r); ticket == nil || err != nil {
		return nil, err
	}
	last, err := g.sessions.OwnLastDecision(ctx, r.SessionID)
	if errors.Is(err, sessions.ErrImported) || errors.Is(err, streams.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	settings, err := g.settings.At(ctx, last.GetState().GetSettingsRevision())
	if err != nil {
		return nil, err
	}
	if !last.GetOutcome().Terminal() || time.Since(time.Unix(0, last.GetDecidedUnixNanos())) > timeoutOf(settings) {
		return nil, nil
	}
	return &endedSession{r.SessionID, last, settings}, nil
}

// repeat answers a frame with the last reply of the session that has ended.
func (s *session) repeat(ctx context.Context, m received) *closure {
	e := s.ended
	message, err := s.gateway.compose(ctx, e.id, e.settings, e.decision, nil)
	return s.answer(m, e.id, e.decision.GetOutcome(), message, err)
}
