package evidence

import (
	"context"

	"github.com/selene-liveness/selene/streams/sessions"
)

// Of returns the walk over what is stored of a session.
func Of(ctx context.Context, store *sessions.Store, session string) (*Walk, error) {
	w := &Walk{}
	for f, err := range store.FramesOf(ctx, session) {
		if err == nil {
			err = w.Frame(f.Message)
		}
		if err != nil {
			return nil, err
		}
	}
	for v, err := range store.VerdictsOf(ctx, session) {
		if err == nil {
			err = w.Verdict(v.Message)
		}
		if err != nil {
			return nil, err
		}
	}
	for d, err := range store.DecisionsOf(ctx, session) {
		if err == nil {
			err = w.Decision(d.Message)
		}
		if err != nil {
			return nil, err
		}
	}
	return w, nil
}
