package gateway

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
)

// find makes a the session that an ID stands for: of its attempts the newest, or the next one if that has ended and the settings let IDs
// be used again. A session with a ticket is the only one of its ID.
func (g *Gateway) find(ctx context.Context, a *admission) error {
	if a.fresh || a.ticket != nil {
		return g.locate(ctx, a)
	}
	attempts, err := g.sessions.AttemptsOf(ctx, a.id)
	if err != nil {
		return err
	}
	if len(attempts.Later) > 0 {
		a.label, a.id = a.id, attempts.Current()
	}
	err = g.locate(ctx, a)
	if errors.Is(err, errSessionEnded) && a.secret != "" { // it was to be resumed, and its secret is gone, so nobody can show it
		return sessions.ErrKey
	}
	if !errors.Is(err, errDecided) && (a.label == "" || !errors.Is(err, errErased)) {
		return err
	}
	return g.again(ctx, a, attempts)
}

// again makes a the next attempt.
func (g *Gateway) again(ctx context.Context, a *admission, attempts *sessions.Attempts) error {
	revision, settings, err := g.newestSettings(ctx, nil)
	if err != nil {
		return err
	}
	if !settings.Session.ReuseIDs || len(attempts.Later)+1 >= sessions.MaxAttempts {
		return errSessionEnded
	}
	if a.label == "" {
		last, err := g.sessions.OwnLastDecision(ctx, a.id)
		if err != nil {
			return err
		}
		if last.GetState().GetLabel() != "" { // a later attempt: what comes after it has its label's ID
			return errSessionEnded
		}
	}
	a.label, a.id, a.attempts, a.fresh = attempts.ID, uuid.NewString(), attempts, true
	a.revision, a.settings = revision, settings
	return nil
}

// begin records a new attempt. Of two clients that ask for the same ID at once, one gets it.
func (g *Gateway) begin(ctx context.Context, a *admission) error {
	if a.attempts == nil {
		return nil
	}
	err := g.sessions.AddAttempt(ctx, a.attempts, a.id)
	switch {
	case errors.Is(err, streams.ErrChanged):
		return sessions.ErrBusy
	case errors.Is(err, streams.ErrErased):
		return errErased
	}
	return err
}
