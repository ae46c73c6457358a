package rerun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/hashes"
	"github.com/selene-liveness/selene/streams/settings"
)

// session is one recording that is judged again.
type session struct {
	run      *Run
	rec      *Recording
	settings *schemas.Settings
	revision uint64 // of settings, as the workers find it
	result   *Result
	pace     pacer
	ahead    *ahead
	// otherFaces is true when the matcher cannot read the recorded descriptions of faces, because its model pack differs.
	otherFaces bool
	// state is the state after the last frame. It is nil as long as every state equals the recorded one.
	state *schemas.SessionState
}

// errUnfit is the reason why a session cannot be judged again. It does not end the run.
type errUnfit string

func (e errUnfit) Error() string { return string(e) }

// play judges the frames of one session again, each with the state after the frame before.
func (r *Run) play(ctx context.Context, rec *Recording) (*Result, error) {
	outcome := schemas.OutcomeName(rec.Outcome)
	s := &session{run: r, rec: rec, settings: r.options.Settings, result: &Result{Session: rec.Session, Before: outcome, After: outcome}}
	err := s.prepare(ctx)
	if err == nil {
		s.ahead = newAhead(ctx, s)
		err = s.play(ctx)
		s.ahead.stop()
	}
	var unfit errUnfit
	if errors.As(err, &unfit) {
		return &Result{Session: rec.Session, Before: outcome, After: outcome, Missing: s.result.Missing, Unfit: unfit.Error()}, nil
	}
	return s.result, err
}

// prepare stores the settings for the workers and waits until those that are needed run.
func (s *session) prepare(ctx context.Context) (err error) {
	if s.settings == nil {
		s.settings = s.rec.Settings
	}
	if s.settings == nil {
		return errUnfit("its settings are no longer stored: name others with --settings")
	}
	if s.revision, err = settings.New(s.run.conn).PutRun(ctx, s.settings); err != nil {
		return err
	}
	absent, err := s.run.awaitWorkers(ctx, s.settings)
	if err != nil {
		return err
	}
	for _, name := range absent {
		s.result.note(nobodyRuns, name)
	}
	for _, name := range s.run.options.Workers {
		if name != schemas.WorkerDetector &&
			!slices.ContainsFunc(s.settings.Workers, func(w schemas.WorkerEntry) bool { return w.Name == name }) {
			s.result.note("worker %s was not asked: the settings do not name it", name)
		}
	}
	s.otherFaces = s.run.asked(schemas.WorkerMatcher) && slices.Contains(s.settings.Judges(), schemas.WorkerMatcher) &&
		s.otherPack(schemas.WorkerMatcher)
	if s.run.options.Alone {
		for _, h := range s.rec.Shared {
			if err := hashes.New(s.run.conn).Note(ctx, h.First, h.Hash); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *session) play(ctx context.Context) error {
	after := schemas.Outcome_OUTCOME_CONTINUE
	gone := false // the frame that ended the session is no longer stored
	for i, step := range s.rec.Steps {
		decision, err := s.judge(ctx, i)
		switch {
		case errors.Is(err, streams.ErrNotFound) && s.state != nil:
			s.result.Missing++
			gone = step.Decision.GetOutcome().Terminal()
			continue
		case errors.Is(err, streams.ErrNotFound): // nothing has changed so far, so the recorded decision stands
			s.result.Missing++
			decision = step.Decision
		case err != nil:
			return fmt.Errorf("frame %d: %w", step.Decision.GetName().GetSequence(), err)
		}
		if after = decision.GetOutcome(); after.Terminal() {
			s.result.Beyond = len(s.rec.Steps) - i - 1
			break
		}
	}
	switch {
	case s.result.Frames == 0:
		return errUnfit("none of its frames is stored")
	case after.Terminal():
	case gone:
		s.result.note("the frame that ended it is no longer stored: the recorded outcome stands")
		return nil
	case s.rec.Outcome == schemas.Outcome_OUTCOME_TIMEOUT:
		return nil // the person left before the session ended, and would have again
	}
	s.result.After = schemas.OutcomeName(after)
	return nil
}

// judge returns the new decision on a step's frame. The error is streams.ErrNotFound when the frame is no longer stored.
func (s *session) judge(ctx context.Context, i int) (*schemas.Decision, error) {
	step := s.rec.Steps[i]
	a := s.take(ctx, i)
	if a.err != nil {
		return nil, a.err
	}
	if s.run.options.Original {
		if err := s.pace.wait(ctx, time.Unix(0, a.frame.GetReceivedUnixNanos())); err != nil {
			return nil, err
		}
	}
	if a.verdicts == nil {
		state, err := s.stateFor(ctx, a.frame)
		if err != nil {
			return nil, err
		}
		if a.verdicts, err = s.ask(ctx, step, a.frame, state); err != nil {
			return nil, err
		}
	}
	decision, err := s.decide(step, a.verdicts)
	if err != nil {
		return nil, err
	}
	s.run.options.Judged()
	if s.state != nil || !sameState(decision.GetState(), step.Decision.GetState()) {
		s.ahead.stop()
		s.state = decision.GetState()
	}
	return decision, s.result.add(step, decision, a.verdicts, a.frame.GetImage())
}

// stateFor returns the state to judge a frame with: the recorded one as long as nothing has changed, and afterwards the state
// after the run's last decision, with the recorded values that only the edge has.
func (s *session) stateFor(ctx context.Context, frame *schemas.Frame) (*schemas.SessionState, error) {
	recorded := frame.GetState()
	if s.state == nil {
		return s.begin(ctx, frame)
	}
	state := proto.CloneOf(s.state)
	state.LastDecision, state.Seed, state.OpenedUnixNanos = recorded.GetLastDecision(), recorded.GetSeed(), recorded.GetOpenedUnixNanos()
	state.Device, state.Reference, state.Chain = recorded.GetDevice(), recorded.GetReference(), recorded.GetChain()
	return state, nil
}

// sameState reports whether two states are equal, except for values that depend on where a decision is stored.
func sameState(a, b *schemas.SessionState) bool {
	var bytesOf [2][]byte
	for i, s := range []*schemas.SessionState{a, b} {
		s = proto.CloneOf(s)
		if s != nil {
			s.LastDecision, s.SettingsRevision, s.Chain = 0, 0, nil
		}
		var err error
		if bytesOf[i], err = schemas.Marshal(s); err != nil {
			return false
		}
	}
	return bytes.Equal(bytesOf[0], bytesOf[1])
}
