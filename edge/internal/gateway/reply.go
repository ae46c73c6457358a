package gateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/selene-liveness/selene/edge/internal/token"
	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/backoff"
)

// closeCodes maps each outcome that ends a session to its close code.
var closeCodes = map[schemas.Outcome]int{
	schemas.Outcome_OUTCOME_PASSED:                     lpproto.CloseSuccess,
	schemas.Outcome_OUTCOME_ATTEMPTS_EXCEEDED:          lpproto.CloseAttempts,
	schemas.Outcome_OUTCOME_LIVENESS_ATTEMPTS_EXCEEDED: lpproto.CloseLivenessAttempts,
	schemas.Outcome_OUTCOME_DIFFERENT_FACE:             lpproto.CloseDifferentFace,
	schemas.Outcome_OUTCOME_FAKE:                       lpproto.CloseFakeSession,
	schemas.Outcome_OUTCOME_TIMEOUT:                    lpproto.CloseSessionTimeout,
	schemas.Outcome_OUTCOME_ACTIONS_FAILED:             lpproto.CloseActionsFailed,
	schemas.Outcome_OUTCOME_DURATION_EXCEEDED:          lpproto.CloseDuration,
	schemas.Outcome_OUTCOME_NOT_MEASURED:               lpproto.CloseNotMeasured,
}

// reply answers a frame with the decision on it, which is stored already, and adopts its state.
func (s *session) reply(ctx context.Context, m received, image *picture, d *schemas.Decision) *closure {
	s.state = d.GetState()
	if d.GetFailure() != nil && !d.GetOutcome().Terminal() {
		code := int(d.GetFailure().GetCode())
		if !lpproto.StaysOpen(code) {
			code = lpproto.CodeInternal
		}
		s.failFrame(m, code)
		return nil
	}
	stored, err := s.gateway.readBack(ctx, s.id, d)
	if err != nil {
		return s.answer(m, s.id, d.GetOutcome(), lpproto.Message{}, err)
	}
	message, err := s.gateway.compose(ctx, s.id, s.settings, stored, image)
	return s.answer(m, s.id, d.GetOutcome(), message, err)
}

// readBackPolicy covers a copy of the stream that lags behind its leader.
var readBackPolicy = backoff.Policy{First: 50 * time.Millisecond, Most: time.Second}

const readBackTries = 6

// readBack returns the stored form of a decision that is to be signed. A reply alone proves nothing: whoever reaches the broker can
// send one. Other decisions are returned as they are.
func (g *Gateway) readBack(ctx context.Context, id string, d *schemas.Decision) (*schemas.Decision, error) {
	if d.GetOutcome() != schemas.Outcome_OUTCOME_PASSED {
		return d, nil
	}
	for try := 1; ; try++ {
		stored, err := g.sessions.DecisionAt(ctx, id, d.GetState().GetLastDecision())
		switch {
		case err == nil && stored.GetOutcome() == d.GetOutcome() && stored.GetName().Equal(d.GetName()):
			return stored, nil
		case err == nil:
			return nil, fmt.Errorf("session %s: the reply passes it, and the decision that is stored as number %d does not",
				id, d.GetState().GetLastDecision())
		case try == readBackTries || !errors.Is(err, streams.ErrNotFound) || ctx.Err() != nil:
			return nil, fmt.Errorf("read back the decision that passes: %w", err)
		}
		readBackPolicy.Wait(ctx, try)
	}
}

// answer sends the message, or ERROR if it could not be composed. The closure is nil while the session continues.
func (s *session) answer(m received, id string, outcome schemas.Outcome, message lpproto.Message, failure error) *closure {
	if failure != nil {
		slog.Error("reply to frame", "session", id, "outcome", outcome, "error", failure)
		message = lpproto.NewError(lpproto.CodeInternal)
		s.gateway.metrics.failure(lpproto.CodeInternal)
	}
	s.gateway.metrics.answered(message.Command, m.at)
	s.socket.answer(message)
	if !outcome.Terminal() {
		return nil
	}
	code := closeCodes[outcome]
	if failure != nil || code == 0 {
		code = lpproto.CloseInternal
	}
	c := closeWith(code)
	c.outcome = outcome
	return c
}

// compose returns the SUCCESS or STATS for a decision. image is the frame of the decision, or nil.
func (g *Gateway) compose(
	ctx context.Context,
	id string,
	settings *schemas.Settings,
	d *schemas.Decision,
	image *picture,
) (lpproto.Message, error) {
	if d.GetOutcome() != schemas.Outcome_OUTCOME_PASSED {
		body, err := json.Marshal(schemas.ClientStats(d, settings.Development()))
		if err != nil {
			return lpproto.Message{}, fmt.Errorf("encode STATS: %w", err)
		}
		return lpproto.NewStats(body), nil
	}
	if err := g.conn.Flush(ctx); err != nil { // a token outlives a power cut, so what it rests on must
		return lpproto.Message{}, err
	}
	claims := schemas.ClaimsOf(d, &settings.Token)
	if settings.Token.BestShot {
		shot, err := g.bestShot(ctx, id, d.GetBestShot(), image)
		if err != nil {
			return lpproto.Message{}, err
		}
		if shot, err = token.Shot(shot, d.GetBestEstimations().GetFramePosition().GetFace(), &settings.Token); err != nil {
			return lpproto.Message{}, fmt.Errorf("session %s: %w", id, err)
		}
		claims.BestShot = base64.StdEncoding.EncodeToString(shot)
	}
	text, err := g.signer.Sign(claims)
	if err != nil {
		return lpproto.Message{}, err
	}
	return lpproto.NewSuccess(text), nil
}

// bestShotTries covers a broker that is changing its leader: the session has passed, and its client cannot request it again.
const bestShotTries = 3

// bestShot returns the image at a sequence of the frames' stream.
func (g *Gateway) bestShot(ctx context.Context, id string, sequence uint64, image *picture) ([]byte, error) {
	if image != nil && image.sequence == sequence {
		return image.data, nil
	}
	var errs error
	for range bestShotTries {
		f, err := g.sessions.FrameAt(ctx, sequence)
		if err == nil {
			if f.GetName().GetSession() != id {
				return nil, fmt.Errorf("best shot %d of session %s belongs to session %s", sequence, id, f.GetName().GetSession())
			}
			return f.GetImage(), nil
		}
		errs = errors.Join(errs, err)
		if errors.Is(err, streams.ErrNotFound) {
			break
		}
	}
	return nil, fmt.Errorf("read best shot of session %s: %w", id, errs)
}
