package decider

import "github.com/selene-liveness/selene/schemas"

// marksFake says whether a verdict marks the session as fake: a judge says so (a virtual camera under the policy reject,
// or any other worker), or ends the session over another face or as fake. Failed windows mark it too, see
// countFailedWindows.
//
// The mark is for good and travels with the state, so it survives a resume. From the frame that sets it on, every frame
// that does not end the session gets code 106 after its own codes; nothing is aggregated and no action is followed, so
// the session cannot pass. It goes on until its attempts are used up, and then ends as fake instead of as one that took
// too many attempts.
func marksFake(v *schemas.Verdict) bool {
	return v.GetMarksFake() || v.GetEnds() == schemas.Outcome_OUTCOME_DIFFERENT_FACE || v.GetEnds() == schemas.Outcome_OUTCOME_FAKE
}

// countFailedWindows marks the session when the means of full windows have failed until two windows that share no frame
// failed, with none between them that passed. Every accepted frame makes a new window of N = aggregate_frames frames, so
// that is N+1 failed windows in a row.
func (r *round) countFailedWindows(failed bool) {
	state := r.d.State
	if !failed {
		state.FailedWindows = 0
		return
	}
	state.FailedWindows++
	if int(state.FailedWindows) > r.settings.Session.AggregateFrames {
		state.Fake = true
	}
}
