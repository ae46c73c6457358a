package rerun

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/decider"
)

// decide returns the decision that a decider would have made with these new verdicts. It removes those for which the recorded
// ones are used, because their workers are not run. The error is an errUnfit when such a recorded one is no longer stored.
func (s *session) decide(step Step, said map[string]*schemas.Verdict) (*schemas.Decision, error) {
	joined := map[string]*schemas.Verdict{}
	for worker, v := range said {
		if s.counts(worker, step) {
			joined[worker] = v
		}
	}
	for _, worker := range step.Decision.GetWorkers() {
		recorded := step.Verdicts[worker]
		switch {
		case s.run.asked(worker) && said[worker] == nil && slices.Contains(said[schemas.WorkerDetector].GetDetection().GetJudges(), worker):
			s.result.note(nobodyRuns, worker)
			continue
		case s.run.asked(worker):
			continue
		case recorded == nil:
			return nil, errUnfit(fmt.Sprintf("a verdict of %s is no longer stored: add %[1]s to --workers to judge again with it", worker))
		case worker == schemas.WorkerDetector:
			if recorded = inPlaceOf(said[worker], recorded); recorded == nil {
				continue
			}
		}
		joined[worker] = recorded
		delete(said, worker)
	}
	// Deciding marks what it was given; the verdicts are compared as they came.
	for worker, v := range joined {
		joined[worker] = proto.CloneOf(v)
	}
	if s.failsAgain(step) {
		s.result.Late++
		joined[schemas.WorkerDetector].Failure = step.Decision.GetFailure()
	}
	decision := decider.Decide(s.settings, joined)
	decision.ReceivedUnixNanos, decision.DecidedUnixNanos = step.Decision.GetReceivedUnixNanos(), step.Decision.GetDecidedUnixNanos()
	return decision, nil
}

// inPlaceOf returns the detector's recorded verdict with the present state of the session. It returns nil when there is now
// nothing for the judges to see; then the new verdict stands.
func inPlaceOf(now, recorded *schemas.Verdict) *schemas.Verdict {
	if len(now.GetDetection().GetJudges()) == 0 && len(recorded.GetDetection().GetJudges()) > 0 || recorded.GetDetection() == nil {
		return nil
	}
	recorded = proto.CloneOf(recorded)
	recorded.Detection.State, recorded.Detection.Judges = now.GetDetection().GetState(), now.GetDetection().GetJudges()
	return recorded
}

// counts reports whether the decision takes a new verdict into account. One that was too late for the decision then is too late
// again, unless decisions wait for it now.
func (s *session) counts(worker string, step Step) bool {
	switch {
	case worker == schemas.WorkerDetector, slices.Contains(step.Decision.GetWorkers(), worker):
		return true
	case step.Decision.GetFailure() != nil: // a failure ends the wait for all others
	case isRequired(s.settings, worker):
	case step.Verdicts[worker] != nil, wasSent(step, worker):
		return false
	}
	return slices.ContainsFunc(s.settings.Workers, func(w schemas.WorkerEntry) bool { return w.Name == worker })
}

func wasSent(step Step, judge string) bool {
	return slices.Contains(step.Verdicts[schemas.WorkerDetector].GetDetection().GetJudges(), judge)
}

// failsAgain reports whether the frame failed because a verdict was late for which decisions still wait. The cause was momentary,
// and no model or setting would have changed it.
func (s *session) failsAgain(step Step) bool {
	if step.Decision.GetFailure() == nil {
		return false
	}
	for _, v := range step.Verdicts {
		if v.GetFailure() != nil {
			return false // the worker may do better now
		}
	}
	if step.Verdicts[schemas.WorkerDetector] == nil {
		return true
	}
	return slices.ContainsFunc(s.settings.Workers, func(w schemas.WorkerEntry) bool {
		return w.Required && wasSent(step, w.Name) && !slices.Contains(step.Decision.GetWorkers(), w.Name)
	})
}

// workersOf returns the workers in a map of verdicts, sorted.
func workersOf(verdicts map[string]*schemas.Verdict) []string {
	return slices.Sorted(maps.Keys(verdicts))
}
