package decider

import (
	"bytes"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

// decide turns the verdicts of one frame into a decision. It follows from its arguments alone. The detector's verdict
// must be among them; without a judge's verdict the frame is decided as if that judge had nothing to say.
func decide(s *schemas.Settings, verdicts map[string]*schemas.Verdict) *schemas.Decision {
	detector := verdicts[schemas.WorkerDetector]
	found := detector.GetDetection()
	d := &schemas.Decision{
		Version: schemas.Version, Name: detector.GetName(), Frame: found.GetFrame(),
		Estimations: &schemas.Estimations{}, State: &schemas.SessionState{},
		Workers: slices.Sorted(maps.Keys(verdicts)),
	}
	proto.Merge(d.State, found.GetState())
	d.State.Sequence = detector.GetName().GetSequence()
	d.State.LastDecision = 0 // known only once this decision is stored
	if d.Failure = failure(s, verdicts, found.GetJudges()); d.Failure != nil {
		return d
	}
	r := &round{settings: s, verdicts: verdicts, judges: found.GetJudges(), waivedErrors: found.GetWaivedErrors(), d: d}
	r.join(detector)
	r.sessionRules()
	return d
}

// failure is the first that the detector or a required judge reports; the frame then counts for nothing. An advisory
// judge that failed has merely said nothing.
func failure(s *schemas.Settings, verdicts map[string]*schemas.Verdict, judges []string) *schemas.Failure {
	if f := verdicts[schemas.WorkerDetector].GetFailure(); f != nil {
		return f
	}
	for _, w := range s.Workers {
		if f := verdicts[w.Name].GetFailure(); f != nil && w.Required && slices.Contains(judges, w.Name) {
			return f
		}
	}
	return nil
}

// round is the decision on one frame in the making.
type round struct {
	settings     *schemas.Settings
	verdicts     map[string]*schemas.Verdict
	judges       []string
	waivedErrors []int32
	d            *schemas.Decision

	actions []int32 // active liveness codes: they come last
	pending bool
}

// join merges what the workers measured, their errors in check order and their states.
func (r *round) join(detector *schemas.Verdict) {
	d := r.d
	d.State.Waived = nil
	d.State.Attempts++
	r.take(detector)
	if len(d.Errors) > 0 {
		// The frame ended before the judges: what they asked for still stands.
		d.State.Waived = slices.Clone(detector.GetDetection().GetState().GetWaived())
		return
	}
	for _, judge := range r.judges {
		v := r.verdicts[judge]
		r.take(v)
		r.pending = r.pending || v.GetPending()
		d.State.Waived = append(d.State.Waived, v.GetWaiveNext()...)
		if d.Outcome == schemas.Outcome_OUTCOME_CONTINUE {
			d.Outcome = v.GetEnds()
		}
	}
	if d.Estimations.Liveness != nil {
		d.State.LivenessAttempts++
	}
}

func (r *round) take(v *schemas.Verdict) {
	d := r.d
	if v.GetEstimations() != nil {
		proto.Merge(d.Estimations, v.GetEstimations())
	}
	if v.GetState() != nil {
		if d.State.Workers == nil {
			d.State.Workers = map[string][]byte{}
		}
		d.State.Workers[v.GetWorker()] = bytes.Clone(v.GetState())
	}
	switch v.GetWorker() {
	case schemas.WorkerLiveness: // one frame's score says little: the window decides
	case schemas.WorkerActiveLiveness:
		r.actions = v.GetErrors()
	default:
		d.Errors = append(d.Errors, v.GetErrors()...)
	}
}

// sessionRules applies what goes over more than this frame: aggregation, cooldown, limits of attempts.
func (r *round) sessionRules() {
	d, s := r.d, &r.settings.Session
	if len(d.Errors) == 0 {
		r.aggregate()
		r.actionsAndCooldown()
	}
	if len(d.Errors) == 0 && len(d.State.Window) < s.AggregateFrames {
		d.Errors = []int32{schemas.CodeMoreFrames}
	}
	if d.Outcome != schemas.Outcome_OUTCOME_CONTINUE {
		return
	}
	switch {
	case s.MaxAttempts >= 0 && int(d.State.Attempts) > s.MaxAttempts:
		d.Errors = append(d.Errors, schemas.CodeAttemptsExceeded)
		d.Outcome = schemas.Outcome_OUTCOME_ATTEMPTS_EXCEEDED
	case s.MaxLivenessAttempts >= 0 && int(d.State.LivenessAttempts) > s.MaxLivenessAttempts:
		d.Errors = append(d.Errors, schemas.CodeLivenessAttemptsExceeded)
		d.Outcome = schemas.Outcome_OUTCOME_LIVENESS_ATTEMPTS_EXCEEDED
	case len(d.Errors) == 0:
		d.Outcome = schemas.Outcome_OUTCOME_PASSED
		d.BestShot = bestShot(d.State.Window, d.Frame)
	}
}

// aggregate adds the frame to the window, unless checks it failed were waived, and judges the window's mean liveness
// once it is full.
func (r *round) aggregate() {
	d, n := r.d, r.settings.Session.AggregateFrames
	if len(r.waivedErrors) == 0 {
		sample := &schemas.Sample{Frame: d.Frame, Estimations: &schemas.Estimations{Liveness: d.Estimations.Liveness, Eyes: d.Estimations.Eyes}}
		window := append(d.State.Window, sample)
		d.State.Window = window[max(0, len(window)-n):]
	}
	if mean, ok := meanLiveness(d.State.Window); ok && len(d.State.Window) == n {
		d.Estimations.Liveness = &mean
		if mean < r.settings.Thresholds.Liveness {
			d.Errors = append(d.Errors, schemas.CodeLivenessFailed)
		}
	}
}

func (r *round) actionsAndCooldown() {
	d := r.d
	switch {
	case r.pending:
		d.State.Cooldown = 0
		if len(r.actions) == 0 {
			r.actions = []int32{schemas.CodeActionPending}
		}
	case slices.Contains(r.judges, schemas.WorkerActiveLiveness) && int(d.State.Cooldown) <= r.settings.ActiveLiveness.CooldownFramesCount:
		// The frame that ends the last action is followed by the cooldown frames.
		d.State.Cooldown++
		if int(d.State.Cooldown) <= r.settings.ActiveLiveness.CooldownFramesCount {
			r.actions = append(r.actions, schemas.CodeActionPending)
		}
	}
	d.Errors = append(d.Errors, r.actions...)
}

func meanLiveness(window []*schemas.Sample) (float64, bool) {
	sum, n := 0.0, 0
	for _, s := range window {
		if s.GetEstimations().Liveness != nil {
			sum += s.GetEstimations().GetLiveness()
			n++
		}
	}
	return sum / float64(max(n, 1)), n > 0
}

// bestShot is the frame of the window with open eyes and the highest liveness, the newest among equals, or last.
func bestShot(window []*schemas.Sample, last uint64) uint64 {
	best, score := last, -1.0
	for _, s := range window {
		e := s.GetEstimations()
		if e.GetEyes() != nil && e.GetEyes().GetState() != schemas.EyeOpen {
			continue
		}
		if e.GetLiveness() >= score {
			best, score = s.GetFrame(), e.GetLiveness()
		}
	}
	return best
}
