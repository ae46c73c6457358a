package rerun

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/decider"
)

// decide is what a decider would have said of a frame with these new verdicts. It takes those away whose places the
// recorded ones keep, because their workers are not asked. It is an errUnfit when a recorded one is no longer stored.
func (s *session) decide(step Step, said map[string]*schemas.Verdict) (*schemas.Decision, error) {
	joined := map[string]*schemas.Verdict{}
	for worker, v := range said {
		if s.heard(worker, step) {
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
			return nil, errUnfit(fmt.Sprintf("a verdict of %s is no longer stored: judge again with --workers that name it too", worker))
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

// inPlaceOf is the detector's recorded verdict with the state that the session has now. It is nil when now there is nothing for
// the judges to see: then the new verdict stands.
func inPlaceOf(now, recorded *schemas.Verdict) *schemas.Verdict {
	if len(now.GetDetection().GetJudges()) == 0 && len(recorded.GetDetection().GetJudges()) > 0 || recorded.GetDetection() == nil {
		return nil
	}
	recorded = proto.CloneOf(recorded)
	recorded.Detection.State, recorded.Detection.Judges = now.GetDetection().GetState(), now.GetDetection().GetJudges()
	return recorded
}

// heard says whether the decision takes a new verdict into account. One that came too late for the decision then comes too
// late again, unless decisions wait for it now.
func (s *session) heard(worker string, step Step) bool {
	switch {
	case worker == schemas.WorkerDetector, slices.Contains(step.Decision.GetWorkers(), worker):
		return true
	case step.Decision.GetFailure() != nil: // which ends the wait for all others
	case isRequired(s.settings, worker):
	case step.Verdicts[worker] != nil, wasSent(step, worker):
		return false
	}
	return slices.ContainsFunc(s.settings.Workers, func(w schemas.WorkerEntry) bool { return w.Name == worker })
}

func wasSent(step Step, judge string) bool {
	return slices.Contains(step.Verdicts[schemas.WorkerDetector].GetDetection().GetJudges(), judge)
}

// failsAgain says whether the frame failed then because a verdict did not come in time that decisions still wait for. That was
// a matter of the moment, which no model and no setting would have changed.
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

// workersOf are the workers in a map of verdicts, in order.
func workersOf(verdicts map[string]*schemas.Verdict) []string {
	return slices.Sorted(maps.Keys(verdicts))
}
