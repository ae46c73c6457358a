package rerun

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers/decider"
	"github.com/selene-liveness/selene/workers/detector"
)

// Run judges recordings with the workers behind a connection. What it publishes lies in subjects of its own.
type Run struct {
	conn     *streams.Conn
	options  Options
	id       string
	registry *streams.Registry
	joins    *joins
}

// Options of a run.
type Options struct {
	Settings *schemas.Settings // instead of those a session was judged by; nil = those
	Workers  []string          // to be asked again; the verdicts of others are those of the recording. Empty = all
	Jobs     int               // sessions at the same time
	Original bool              // frames at the pace they came in; otherwise as fast as the workers are
	Alone    bool              // nobody else uses the broker: what a recording knows of other sessions may be told to it
	Patience time.Duration     // for one frame's verdicts, after which it is published again
}

const (
	defaultPatience = 10 * time.Second
	tries           = 3
)

// New returns a run on the workers that conn reaches.
func New(conn *streams.Conn, o Options) *Run {
	o.Jobs = max(o.Jobs, 1)
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	return &Run{conn: conn, options: o, id: strings.ReplaceAll(uuid.NewString(), "-", ""), registry: streams.NewRegistry(conn), joins: newJoins()}
}

// Do judges the sessions, Options.Jobs at a time, and hands each result to done, one after another. The first error ends
// the run.
func (r *Run) Do(ctx context.Context, sessions iter.Seq2[*Recording, error], done func(*Result) error) error {
	group, ctx := errgroup.WithContext(ctx)
	listen, hush := context.WithCancel(ctx)
	ready := make(chan struct{})
	group.Go(func() error { return r.conn.VerdictsOfRun(listen, r.id, ready, r.joins.take) })
	group.Go(func() error { return r.registry.Run(listen) })
	group.Go(func() error {
		defer hush()
		select {
		case <-ready:
		case <-ctx.Done():
			return ctx.Err()
		}
		return r.all(ctx, sessions, done)
	})
	return group.Wait()
}

func (r *Run) all(ctx context.Context, sessions iter.Seq2[*Recording, error], done func(*Result) error) error {
	results := make(chan *Result)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(results)
		play, ctx := errgroup.WithContext(ctx)
		play.SetLimit(r.options.Jobs)
		for recording, err := range sessions {
			if err != nil {
				play.Go(func() error { return err })
				break
			}
			if ctx.Err() != nil {
				break
			}
			play.Go(func() error {
				result, err := r.play(ctx, recording)
				if err := errors.Join(err, recording.Close()); err != nil {
					return fmt.Errorf("session %s: %w", recording.Session, err)
				}
				select {
				case results <- result:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		}
		return play.Wait()
	})
	group.Go(func() error {
		for result := range results {
			if err := done(result); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

// play judges one session's frames again, each with the state that the frame before left.
func (r *Run) play(ctx context.Context, rec *Recording) (*Result, error) {
	result := &Result{Session: rec.Session, Before: schemas.OutcomeName(rec.Outcome), Missing: rec.Missing}
	settings, revision, err := r.settings(ctx, rec)
	if err != nil {
		return nil, err
	}
	if err := r.awaitWorkers(ctx, settings); err != nil {
		return nil, err
	}
	if r.options.Alone {
		for _, h := range rec.Shared {
			if err := r.conn.NoteHash(ctx, h.First, h.Hash); err != nil {
				return nil, err
			}
		}
	}
	var state *schemas.SessionState
	var pace pacer
	after := schemas.Outcome_OUTCOME_CONTINUE
	for _, step := range rec.Steps {
		frame, err := rec.Image(ctx, step)
		if errors.Is(err, streams.ErrNotFound) {
			result.Missing++
			continue
		}
		if err != nil {
			return nil, err
		}
		if r.options.Original {
			if err := pace.wait(ctx, time.Unix(0, frame.GetReceivedUnixNanos())); err != nil {
				return nil, err
			}
		}
		state = carry(state, frame.GetState())
		decision, verdicts, err := r.judge(ctx, step, frame, state, settings, revision)
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", step.Decision.GetName().GetSequence(), err)
		}
		if err := result.add(step, decision, verdicts, frame.GetImage()); err != nil {
			return nil, err
		}
		state = proto.CloneOf(decision.GetState())
		state.LastDecision = step.Sequence
		if after = decision.GetOutcome(); after.Terminal() {
			break
		}
	}
	if !after.Terminal() && rec.Outcome == schemas.Outcome_OUTCOME_TIMEOUT {
		after = rec.Outcome // the person went away before the session was over, and would have again
	}
	result.After = schemas.OutcomeName(after)
	return result, nil
}

// settings are those to judge by, and the revision under which the workers find them.
func (r *Run) settings(ctx context.Context, rec *Recording) (*schemas.Settings, uint64, error) {
	s := r.options.Settings
	if s == nil {
		s = rec.Settings
	}
	if s == nil {
		return nil, 0, errors.New("the recording has no settings")
	}
	revision, err := r.conn.PutRunSettings(ctx, s)
	return s, revision, err
}

// carry is the state for the next frame: what the decisions of the run left, and what only the edge knows.
func carry(state, recorded *schemas.SessionState) *schemas.SessionState {
	if state == nil {
		return proto.CloneOf(recorded)
	}
	state.Seed, state.OpenedUnixNanos = recorded.GetSeed(), recorded.GetOpenedUnixNanos()
	state.Device, state.Reference = recorded.GetDevice(), recorded.GetReference()
	return state
}

// judge sends one frame through the workers and decides on it as a decider would. Verdicts and decision come back in the
// recording's own terms: its names, stream sequences and settings revision.
func (r *Run) judge(ctx context.Context, step Step, recorded *schemas.Frame, state *schemas.SessionState, settings *schemas.Settings, revision uint64) (*schemas.Decision, map[string]*schemas.Verdict, error) {
	frame := &schemas.Frame{
		Version: schemas.Version, MediaType: recorded.GetMediaType(), Image: recorded.GetImage(),
		ReceivedUnixNanos: recorded.GetReceivedUnixNanos(), Decider: recorded.GetDecider(), State: proto.CloneOf(state),
	}
	frame.State.SettingsRevision = revision
	recordedRevision := recorded.GetState().GetSettingsRevision()
	own := map[string]*schemas.Verdict{}
	for try := 0; ; try++ {
		frame.Name = proto.CloneOf(recorded.GetName())
		frame.Name.Run = r.id
		if try > 0 {
			frame.Name.Nonce += fmt.Sprintf("-%d", try)
		}
		err := r.ask(ctx, frame, settings, own)
		last := try+1 == tries
		if err == nil && (last || !failedAnew(own, step.Verdicts)) {
			break
		}
		if err != nil && (last || ctx.Err() != nil) {
			return nil, nil, err
		}
	}
	for _, v := range own {
		v.Name, v.Decider = recorded.GetName(), recorded.GetDecider()
		if found := v.GetDetection(); found != nil {
			found.Frame, found.State.SettingsRevision = step.Decision.GetFrame(), recordedRevision
		}
	}
	joined := map[string]*schemas.Verdict{}
	for worker, v := range own {
		if r.heard(worker, step, settings) {
			joined[worker] = v
		}
	}
	for worker, v := range step.Verdicts {
		if len(r.options.Workers) > 0 && !slices.Contains(r.options.Workers, worker) && slices.Contains(step.Decision.GetWorkers(), worker) {
			joined[worker] = v
			delete(own, worker)
		}
	}
	// Deciding marks what it was given; the verdicts are compared as they came.
	for worker, v := range joined {
		joined[worker] = proto.CloneOf(v)
	}
	decision := decider.Decide(settings, joined)
	decision.ReceivedUnixNanos, decision.DecidedUnixNanos = step.Decision.GetReceivedUnixNanos(), step.Decision.GetDecidedUnixNanos()
	return decision, own, nil
}

// failedAnew says whether a worker could not judge what it could then: it may be able to the next time.
func failedAnew(now, then map[string]*schemas.Verdict) bool {
	for worker, v := range now {
		if v.GetFailure() != nil && then[worker].GetFailure() == nil {
			return true
		}
	}
	return false
}

// awaitWorkers waits until every worker that settings need is there.
func (r *Run) awaitWorkers(ctx context.Context, settings *schemas.Settings) error {
	patience, cancel := context.WithTimeout(ctx, r.options.Patience)
	defer cancel()
	for {
		running := r.registry.All()
		missing := slices.DeleteFunc(append([]string{schemas.WorkerDetector}, required(settings)...), func(name string) bool {
			_, there := running[name]
			return there || name != schemas.WorkerDetector && len(r.options.Workers) > 0 && !slices.Contains(r.options.Workers, name)
		})
		if len(missing) == 0 {
			return nil
		}
		select {
		case <-patience.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("not running: %s; start `selene worker %s`", strings.Join(missing, ", "), strings.Join(missing, " "))
		case <-time.After(look):
		}
	}
}

// look is how often the registry is looked at while workers start.
const look = 50 * time.Millisecond

// required are the judges that a decision by settings waits for.
func required(s *schemas.Settings) []string {
	return slices.DeleteFunc(detector.Judges(s), func(judge string) bool {
		return !slices.ContainsFunc(s.Workers, func(w schemas.WorkerEntry) bool { return w.Name == judge && w.Required })
	})
}

// heard says whether the decision takes a worker's verdict into account: an advisory one that was late then is late again.
func (r *Run) heard(worker string, step Step, settings *schemas.Settings) bool {
	if worker == schemas.WorkerDetector || slices.Contains(step.Decision.GetWorkers(), worker) {
		return true
	}
	if step.Verdicts[worker] != nil {
		return false
	}
	return slices.ContainsFunc(settings.Workers, func(w schemas.WorkerEntry) bool { return w.Name == worker })
}

// ask publishes a frame and collects what the detector and every running judge say of it.
func (r *Run) ask(ctx context.Context, frame *schemas.Frame, settings *schemas.Settings, own map[string]*schemas.Verdict) error {
	verdicts, end := r.joins.begin(frame.GetName())
	defer end()
	if _, err := r.conn.PublishFrame(ctx, frame); err != nil {
		return err
	}
	timeout := time.NewTimer(r.options.Patience)
	defer timeout.Stop()
	clear(own)
	for {
		missing := r.missing(settings, own)
		if len(missing) == 0 {
			return nil
		}
		select {
		case v := <-verdicts:
			if own[v.GetWorker()] == nil {
				own[v.GetWorker()] = v
			}
		case <-timeout.C:
			return fmt.Errorf("no verdict in %v from %s: is `selene worker %s` running?", r.options.Patience, strings.Join(missing, ", "), strings.Join(missing, " "))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// missing are the workers whose verdicts are still waited for: the detector, then whom it sent the face to.
func (r *Run) missing(settings *schemas.Settings, own map[string]*schemas.Verdict) []string {
	d := own[schemas.WorkerDetector]
	if d == nil {
		return []string{schemas.WorkerDetector}
	}
	running := r.registry.All()
	var out []string
	for _, judge := range d.GetDetection().GetJudges() {
		asked := len(r.options.Workers) == 0 || slices.Contains(r.options.Workers, judge)
		required := slices.ContainsFunc(settings.Workers, func(w schemas.WorkerEntry) bool { return w.Name == judge && w.Required })
		if _, there := running[judge]; asked && own[judge] == nil && (required || there) {
			out = append(out, judge)
		}
	}
	return out
}

// pacer holds frames back to the pace they came in.
type pacer struct{ first, begun time.Time }

func (p *pacer) wait(ctx context.Context, at time.Time) error {
	if p.begun.IsZero() {
		p.first, p.begun = at, time.Now()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(p.begun.Add(at.Sub(p.first)))):
		return nil
	}
}

// workersOf are the workers in a map of verdicts, in order.
func workersOf(verdicts map[string]*schemas.Verdict) []string {
	return slices.Sorted(maps.Keys(verdicts))
}
