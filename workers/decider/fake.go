package decider

import "github.com/selene-liveness/selene/schemas"

// marksFake reports whether a verdict marks the session as fake: the judge requests it (such as virtual-camera under the policy
// reject), or ends the session because of another face or as fake. Failed windows mark it too, see countFailedWindows.
//
// The mark is permanent and travels with the state, so it survives a resume. From the frame that sets it on, every frame
// that does not end the session gets code 106 after its own codes; nothing is aggregated and no action is followed, so
// the session cannot pass. It continues for maxFakeFrames frames at most, so that nobody learns which one gave it away, and
// then ends as fake, as it does at any other limit.
func marksFake(v *schemas.Verdict) bool {
	return v.GetMarksFake() || v.GetEnds() == schemas.Outcome_OUTCOME_DIFFERENT_FACE || v.GetEnds() == schemas.Outcome_OUTCOME_FAKE
}

// maxFakeFrames is the number of frames that a session continues for after it was marked.
const maxFakeFrames = 20

// clearShare is the share of a threshold below which a mean counts against the session permanently. Real people can score
// slightly below a threshold for seconds, in bad light or with a bad camera; they get the code and continue.
const clearShare = 0.5

// countFailedWindows marks the session when the means of full windows have clearly failed until two windows that share
// no frame did, with none between them that did not. Every accepted frame starts a new window of N = aggregate_frames
// frames, so that is N+1 such windows in a row. Windows do not count while an action is under way: the scores of moving
// faces are low.
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
