package gateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// closeCodes of the outcomes that end a session.
var closeCodes = map[schemas.Outcome]int{
	schemas.Outcome_OUTCOME_PASSED:                     lpproto.CloseSuccess,
	schemas.Outcome_OUTCOME_ATTEMPTS_EXCEEDED:          lpproto.CloseAttempts,
	schemas.Outcome_OUTCOME_LIVENESS_ATTEMPTS_EXCEEDED: lpproto.CloseLivenessAttempts,
	schemas.Outcome_OUTCOME_DIFFERENT_FACE:             lpproto.CloseDifferentFace,
	schemas.Outcome_OUTCOME_FAKE:                       lpproto.CloseFakeSession,
	schemas.Outcome_OUTCOME_TIMEOUT:                    lpproto.CloseSessionTimeout,
}

// reply turns a decision, which is stored by now, into STATS, SUCCESS or ERROR, and takes over the state after it.
func (s *session) reply(ctx context.Context, m received, image *picture, d *schemas.Decision) *ending {
	s.state = d.GetState()
	outcome := d.GetOutcome()
	if d.GetFailure() != nil && !outcome.Terminal() {
		code := int(d.GetFailure().GetCode())
		if !lpproto.StaysOpen(code) {
			code = lpproto.CodeInternal
		}
		s.failFrame(m, code)
		return nil
	}
	message, err := s.compose(ctx, image, d)
	if err != nil {
		slog.Error("reply to frame", "session", s.id, "outcome", outcome, "error", err)
		message = lpproto.NewError(lpproto.CodeInternal)
		s.gateway.metrics.failure(lpproto.CodeInternal)
	}
	s.gateway.metrics.answered(message.Command, m.at)
	s.socket.busy.Store(false)
	s.socket.send(message)
	if !outcome.Terminal() {
		return nil
	}
	code := closeCodes[outcome]
	if err != nil || code == 0 {
		code = lpproto.CloseInternal
	}
	return &ending{code: code, reason: lpproto.CloseReason(code), outcome: outcome}
}

func (s *session) compose(ctx context.Context, image *picture, d *schemas.Decision) (lpproto.Message, error) {
	if d.GetOutcome() == schemas.Outcome_OUTCOME_PASSED {
		return s.success(ctx, image, d)
	}
	body, err := json.Marshal(schemas.ClientStats(d, s.settings.Development()))
	if err != nil {
		return lpproto.Message{}, fmt.Errorf("encode STATS: %w", err)
	}
	return lpproto.NewStats(body), nil
}

func (s *session) success(ctx context.Context, image *picture, d *schemas.Decision) (lpproto.Message, error) {
	shot, err := s.bestShot(ctx, image, d)
	if err != nil {
		return lpproto.Message{}, err
	}
	claims := schemas.ClaimsOf(d)
	claims.BestShot = base64.StdEncoding.EncodeToString(shot)
	text, err := s.gateway.signer.Sign(claims)
	if err != nil {
		return lpproto.Message{}, err
	}
	return lpproto.NewSuccess(text), nil
}

// bestShotTries covers a broker that is just changing its leader; the session has passed and cannot be asked again.
const bestShotTries = 3

func (s *session) bestShot(ctx context.Context, image *picture, d *schemas.Decision) ([]byte, error) {
	if d.GetBestShot() == image.frame {
		return image.data, nil
	}
	var errs error
	for range bestShotTries {
		f, err := s.gateway.conn.FrameAt(ctx, d.GetBestShot())
		if err == nil {
			if f.GetName().GetSession() != s.id {
				return nil, fmt.Errorf("best shot %d belongs to session %s", d.GetBestShot(), f.GetName().GetSession())
			}
			return f.GetImage(), nil
		}
		errs = errors.Join(errs, err)
		if errors.Is(err, streams.ErrNotFound) {
			break
		}
	}
	return nil, fmt.Errorf("best shot of session %s: %w", s.id, errs)
}
