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
	"github.com/selene-liveness/selene/workers/detector"
)

// session is one recording that is judged again.
type session struct {
	run      *Run
	rec      *Recording
	settings *schemas.Settings
	revision uint64 // under which the workers find them
	result   *Result
	pace     pacer
	ahead    *ahead
	// otherFaces: the matcher cannot read what it remembered of faces then, since its model pack is another.
	otherFaces bool
	// state is the one after the last frame. It is nil as long as every state turned out as it was: then the recorded ones hold.
	state *schemas.SessionState
}

// errUnfit says why a session cannot be judged again. That ends no run.
type errUnfit string

func (e errUnfit) Error() string { return string(e) }

// play judges one session's frames again, each with the state that the frame before left.
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

// prepare sees to it that the workers are there and know what they need to.
func (s *session) prepare(ctx context.Context) (err error) {
	if s.settings == nil {
		s.settings = s.rec.Settings
	}
	if s.settings == nil {
		return errUnfit("the settings it was judged by are no longer stored: name others with --settings")
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
		if name != schemas.WorkerDetector && !slices.ContainsFunc(s.settings.Workers, func(w schemas.WorkerEntry) bool { return w.Name == name }) {
			s.result.note("worker %s was not asked: the settings do not name it", name)
		}
	}
	s.otherFaces = s.run.asked(schemas.WorkerMatcher) && slices.Contains(detector.Judges(s.settings), schemas.WorkerMatcher) && s.otherPack(schemas.WorkerMatcher)
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
	gone := false // the frame that ended the session
	for i, step := range s.rec.Steps {
		decision, err := s.judge(ctx, i)
		switch {
		case errors.Is(err, streams.ErrNotFound) && s.state != nil:
			s.result.Missing++
			gone = step.Decision.GetOutcome().Terminal()
			continue
		case errors.Is(err, streams.ErrNotFound): // as nothing has changed so far, nor would this
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
		s.result.note("the frame that ended it is no longer stored: the outcome stands as it was")
		return nil
	case s.rec.Outcome == schemas.Outcome_OUTCOME_TIMEOUT:
		return nil // the person went away before the session was over, and would have again
	}
	s.result.After = schemas.OutcomeName(after)
	return nil
}

// judge is the new decision on a step's frame. It is streams.ErrNotFound when the frame is no longer stored.
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

// stateFor is the state to judge a frame with: the recorded one as long as nothing has changed, afterwards what the
// decisions of the run left, and what only the edge knows.
func (s *session) stateFor(ctx context.Context, frame *schemas.Frame) (*schemas.SessionState, error) {
	recorded := frame.GetState()
	if s.state == nil {
		return s.begin(ctx, frame)
	}
	state := proto.CloneOf(s.state)
	state.LastDecision, state.Seed, state.OpenedUnixNanos = recorded.GetLastDecision(), recorded.GetSeed(), recorded.GetOpenedUnixNanos()
	state.Device, state.Reference = recorded.GetDevice(), recorded.GetReference()
	return state, nil
}

// sameState compares all but what depends on where a decision is stored.
func sameState(a, b *schemas.SessionState) bool {
	var bytesOf [2][]byte
	for i, s := range []*schemas.SessionState{a, b} {
		s = proto.CloneOf(s)
		if s != nil {
			s.LastDecision, s.SettingsRevision = 0, 0
		}
		var err error
		if bytesOf[i], err = schemas.Marshal(s); err != nil {
			return false
		}
	}
	return bytes.Equal(bytesOf[0], bytesOf[1])
}
