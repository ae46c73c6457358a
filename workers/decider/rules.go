package decider

import (
	"bytes"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

// Decide returns the decision on the verdicts of one frame, by worker, without the time of the decision. It depends on its
// arguments alone, and shares no memory with them. The detector's verdict must be among them; a missing verdict of a judge
// counts as one without errors or estimations.
func Decide(s *schemas.Settings, verdicts map[string]*schemas.Verdict) *schemas.Decision {
	return decide(s, verdicts)
}

// decide is Decide.
func decide(s *schemas.Settings, verdicts map[string]*schemas.Verdict) *schemas.Decision {
	detector := verdicts[schemas.WorkerDetector]
	found := detector.GetDetection()
	d := &schemas.Decision{
		Version: schemas.Version, Name: detector.GetName(), Frame: found.GetFrame(),
		Estimations: &schemas.Estimations{}, State: &schemas.SessionState{},
		Workers: heard(verdicts, found.GetJudges()),
	}
	proto.Merge(d.State, found.GetState())
	d.State.Sequence = detector.GetName().GetSequence()
	d.State.LastDecision = 0 // known only once this decision is stored
	if d.State.FirstFrameUnixNanos == 0 {
		d.State.FirstFrameUnixNanos = found.GetReceivedUnixNanos()
	}
	r := &round{settings: s, verdicts: verdicts, judges: found.GetJudges(), found: found, d: d}
	if d.Failure = failure(s, verdicts, found.GetJudges()); d.Failure != nil {
		if r.isLate() {
			r.end(schemas.CodeDurationExceeded, schemas.Outcome_OUTCOME_DURATION_EXCEEDED)
		}
		return d
	}
	r.join(detector)
	r.sessionRules()
	return d
}

// heard lists the workers whose verdicts count. The verdict of a worker that is not in the session's settings, such as a plugin
// that just runs, is ignored.
func heard(verdicts map[string]*schemas.Verdict, judges []string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(verdicts)), func(name string) bool {
		return name != schemas.WorkerDetector && !slices.Contains(judges, name)
	})
}

// failure returns the first failure of the detector or a required judge; the frame then does not count. The failure of an
// advisory judge is ignored.
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

// round is an unfinished decision on one frame.
type round struct {
	settings *schemas.Settings
	verdicts map[string]*schemas.Verdict
	judges   []string
	found    *schemas.Detection
	d        *schemas.Decision

	actions []int32 // codes of active liveness, which come last
	pending bool
}

// join merges the estimations of the workers, their errors in the order of checks, and their states.
func (r *round) join(detector *schemas.Verdict) {
	d := r.d
	d.State.Waived = slices.Clone(r.found.GetState().GetWaived()) // requests remain unless the judges see this frame
	r.take(detector)
	r.takeState(detector)
	d.Errors = append(d.Errors, detector.GetErrors()...)
	changed := r.changed()
	if changed || lost(d.Errors) {
		d.State.FaceLost = d.State.Sequence
		r.clearWindow()
	}
	if len(d.Errors) > 0 {
		return
	}
	if changed {
		d.Errors = []int32{schemas.CodeCameraChanged}
	} else {
		d.State.Waived = nil
	}
	for _, judge := range r.judges {
		v := r.verdicts[judge]
		r.take(v)
		// A judge can end a session, but never as passed.
		if d.Outcome == schemas.Outcome_OUTCOME_CONTINUE && v.GetEnds() != schemas.Outcome_OUTCOME_PASSED {
			d.Outcome = v.GetEnds()
		}
		if judge != schemas.WorkerActiveLiveness {
			d.Errors = append(d.Errors, single(v)...)
		}
		if changed { // what went on before does not go on with this frame
			continue
		}
		if judge == schemas.WorkerActiveLiveness {
			r.actions = v.GetErrors()
		}
		r.takeState(v)
		r.pending = r.pending || v.GetPending()
		d.State.Waived = append(d.State.Waived, v.GetWaiveNext()...)
	}
	r.requireScores()
	if slices.Contains(d.Errors, schemas.CodeDifferentFace) {
		r.clearWindow()
	}
	if !changed {
		r.followActions()
	}
}

// lost reports whether the frame did not show exactly one face.
func lost(errors []int32) bool {
	return slices.Contains(errors, schemas.CodeNoFace) || slices.Contains(errors, schemas.CodeManyFaces)
}

func (r *round) take(v *schemas.Verdict) {
	d := r.d
	if schemas.IsPlugin(v.GetWorker()) { // a plugin sets only its own estimations
		if object := schemas.PluginEstimations(v); object != nil {
			if d.Estimations.Plugins == nil {
				d.Estimations.Plugins = map[string][]byte{}
			}
			d.Estimations.Plugins[v.GetWorker()] = object
		}
	} else if v.GetEstimations() != nil {
		proto.Merge(d.Estimations, v.GetEstimations())
	}
	if v.GetPack() != "" {
		if d.Packs == nil {
			d.Packs = map[string]string{}
		}
		d.Packs[v.GetWorker()] = v.GetPack()
	}
	d.State.Fake = d.State.Fake || marksFake(v)
}

func (r *round) takeState(v *schemas.Verdict) {
	if v.GetState() == nil {
		return
	}
	if r.d.State.Workers == nil {
		r.d.State.Workers = map[string][]byte{}
	}
	r.d.State.Workers[v.GetWorker()] = bytes.Clone(v.GetState())
}

// single returns the errors of a judge that apply to the frame by itself. A score of one frame is unreliable, so the mean over
// the window decides instead.
func single(v *schemas.Verdict) []int32 {
	e := v.GetEstimations()
	return slices.DeleteFunc(slices.Clone(v.GetErrors()), func(code int32) bool {
		switch code {
		case schemas.CodeLivenessFailed:
			return e != nil && e.Liveness != nil
		case schemas.CodeDeepfake:
			return e != nil && e.Deepfake != nil
		case schemas.CodeImageModified:
			return e != nil && e.ImageModification != nil
		}
		return false
	})
}

// sessionRules applies the rules that span frames: aggregation, cooldown, the fake mark, limits.
func (r *round) sessionRules() {
	d := r.d
	failedChecks := len(d.Errors) > 0
	if !failedChecks && !d.State.Fake {
		r.followActing()
		r.aggregate()
	}
	switch {
	case d.State.Fake && d.Outcome == schemas.Outcome_OUTCOME_CONTINUE:
		d.Errors = append(d.Errors, schemas.CodeSessionFake)
	case !failedChecks:
		r.actionsAndCooldown()
	}
	if d.Outcome != schemas.Outcome_OUTCOME_CONTINUE {
		return
	}
	if len(d.Errors) == 0 && (len(d.State.Window) < r.settings.Session.AggregateFrames || d.State.Best == nil) {
		d.Errors = []int32{schemas.CodeMoreFrames}
	}
	r.count()
	r.limits()
	if d.Outcome == schemas.Outcome_OUTCOME_CONTINUE && len(d.Errors) == 0 {
		d.Outcome = schemas.Outcome_OUTCOME_PASSED
		d.BestShot, d.BestEstimations = d.State.Best.GetFrame(), proto.CloneOf(d.State.Best.GetEstimations())
		d.Checks = r.checks()
	}
}

func (r *round) actionsAndCooldown() {
	d := r.d
	switch {
	case r.pending:
		d.State.Cooldown, d.State.PendingUnixNanos = 0, r.found.GetReceivedUnixNanos()
		if len(r.actions) == 0 {
			r.actions = []int32{schemas.CodeActionPending}
		}
	case slices.Contains(r.judges, schemas.WorkerActiveLiveness):
		// The frame that ends the last action is followed by the cooldown frames.
		d.State.Cooldown = min(d.State.Cooldown, uint32(r.settings.ActiveLiveness.CooldownFramesCount)) + 1
		settling := r.found.GetReceivedUnixNanos()-d.State.PendingUnixNanos < schemas.SettleTime.Nanoseconds()
		if settling || int(d.State.Cooldown) <= r.settings.ActiveLiveness.CooldownFramesCount {
			r.actions = append(r.actions, schemas.CodeActionPending)
		}
	}
	d.Errors = append(d.Errors, r.actions...)
}

// followActions keeps which actions were done, for the token.
func (r *round) followActions() {
	a := r.d.Estimations.GetActiveLiveness()
	if a == nil {
		return
	}
	done := r.d.State.Actions[:min(int(a.GetDone()), len(r.d.State.Actions))]
	if a.GetAction() != "" {
		done = append(done, a.GetAction())
	}
	r.d.State.Actions = done
}
