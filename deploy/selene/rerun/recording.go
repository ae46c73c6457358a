// Package rerun judges recorded sessions again and says what changed.
package rerun

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/recording"
)

// Recording is what one session left behind.
type Recording struct {
	Session  string
	Settings *schemas.Settings // that it was judged by
	Outcome  schemas.Outcome   // of its last decision
	Missing  int               // decided frames whose image is no longer stored
	Steps    []Step            // decided frames, oldest first
	// Image returns the frame of a step as it was received, state included.
	Image func(ctx context.Context, s Step) (*schemas.Frame, error)
	// Reference returns the face the session was verified against, nil when there was none or it is no longer stored.
	Reference func(ctx context.Context) ([]byte, error)
}

// Step is one decided frame, without its image.
type Step struct {
	Decision *schemas.Decision
	Verdicts map[string]*schemas.Verdict // by worker
	Sequence uint64                      // of the decision in its stream
}

// FromStreams reads a session from the installation that judged it. It is streams.ErrNotFound for one without decisions.
// Images stay where they are until they are asked for.
func FromStreams(ctx context.Context, conn *streams.Conn, session string) (*Recording, error) {
	if err := streams.CheckSession(session); err != nil {
		return nil, err
	}
	r := &Recording{Session: session}
	verdicts := map[string]map[string]*schemas.Verdict{}
	for v, err := range conn.VerdictsOf(ctx, session) {
		if err != nil {
			return nil, err
		}
		key := v.Message.GetName().Key()
		if verdicts[key] == nil {
			verdicts[key] = map[string]*schemas.Verdict{}
		}
		verdicts[key][v.Message.GetWorker()] = v.Message
	}
	decided := false
	for d, err := range conn.DecisionsOf(ctx, session) {
		if err != nil {
			return nil, err
		}
		decided = true
		r.Outcome = d.Message.GetOutcome()
		if d.Message.GetFrame() == 0 { // of a reaper
			continue
		}
		r.Steps = append(r.Steps, Step{d.Message, verdicts[d.Message.GetName().Key()], d.Sequence})
	}
	if !decided {
		return nil, fmt.Errorf("session %s has no decisions: %w", session, streams.ErrNotFound)
	}
	if len(r.Steps) > 0 {
		revision := r.Steps[0].Decision.GetState().GetSettingsRevision()
		settings, err := recording.SettingsOf(ctx, conn, session, revision)
		if err != nil {
			return nil, err
		}
		r.Settings = settings
	}
	imported := map[string]uint64{} // where the frames of a session that was judged elsewhere lie
	r.Image = func(ctx context.Context, s Step) (*schemas.Frame, error) {
		f, err := conn.FrameAt(ctx, s.Decision.GetFrame())
		if err == nil && f.GetName().Equal(s.Decision.GetName()) {
			return f, nil
		}
		if err != nil && !errors.Is(err, streams.ErrNotFound) {
			return nil, err
		}
		if len(imported) == 0 {
			for f, err := range conn.FramesOf(ctx, session) {
				if err != nil {
					return nil, err
				}
				imported[f.Message.GetName().Key()] = f.Sequence
			}
		}
		at, there := imported[s.Decision.GetName().Key()]
		if !there {
			return nil, fmt.Errorf("frame %d of session %s: %w", s.Decision.GetName().GetSequence(), session, streams.ErrNotFound)
		}
		return conn.FrameAt(ctx, at)
	}
	r.Reference = func(ctx context.Context) ([]byte, error) {
		o, err := conn.OpenObject(ctx, streams.ReferenceObject(session))
		if errors.Is(err, streams.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		defer o.Close()
		return io.ReadAll(o)
	}
	return r, nil
}
