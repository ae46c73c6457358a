package decider

import (
	"slices"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// asks reports whether a code only asks the person, or the page, for something.
func asks(code int32) bool {
	return code == schemas.CodeMoreFrames || code == schemas.CodeSamePicture ||
		code >= schemas.CodeActionPending && code <= schemas.CodeTurnDown
}

// count counts the frame as an attempt, and as one at liveness, if it failed. Waiting for the person is not failing: how long
// they take is bounded in time.
func (r *round) count() {
	d := r.d
	failed := slices.ContainsFunc(d.Errors, func(code int32) bool { return !asks(code) })
	if failed {
		d.State.Attempts++
		if d.Estimations.Liveness != nil || slices.Contains(d.Errors, schemas.CodeLivenessNone) {
			d.State.LivenessAttempts++
		}
	}
	if d.State.Fake {
		d.State.FakeFrames++
	}
	switch {
	case slices.ContainsFunc(d.Errors, unmeasured):
		d.State.Unmeasured++
	case len(r.judges) > 0:
		d.State.Unmeasured = 0
	}
}

// limits ends the session at the first limit that is exceeded.
func (r *round) limits() {
	d, s := r.d, &r.settings.Session
	switch {
	case int(d.State.Unmeasured) >= s.AggregateFrames:
		r.end(0, schemas.Outcome_OUTCOME_NOT_MEASURED) // the codes name the measurement already
	case r.isLate():
		r.end(schemas.CodeDurationExceeded, schemas.Outcome_OUTCOME_DURATION_EXCEEDED)
	case s.MaxAttempts >= 0 && int(d.State.Attempts) > s.MaxAttempts:
		r.end(schemas.CodeAttemptsExceeded, schemas.Outcome_OUTCOME_ATTEMPTS_EXCEEDED)
	case s.MaxLivenessAttempts >= 0 && int(d.State.LivenessAttempts) > s.MaxLivenessAttempts:
		r.end(schemas.CodeLivenessAttemptsExceeded, schemas.Outcome_OUTCOME_LIVENESS_ATTEMPTS_EXCEEDED)
	case d.State.FakeFrames > maxFakeFrames:
		r.end(0, schemas.Outcome_OUTCOME_FAKE)
	}
}

// isLate reports whether the session has lasted longer than it may. Times are the frames', so judging a recording again gives
// the same.
func (r *round) isLate() bool {
	limit := r.settings.Session.DurationSeconds
	took := time.Duration(r.found.GetReceivedUnixNanos() - r.d.State.FirstFrameUnixNanos)
	return limit >= 0 && took.Seconds() > limit
}

// end ends the session at a limit. A session that is marked as fake ends as fake, at any limit.
func (r *round) end(code int32, outcome schemas.Outcome) {
	if r.d.State.Fake {
		outcome = schemas.Outcome_OUTCOME_FAKE
	}
	if code != 0 {
		r.d.Errors = append(r.d.Errors, code)
	}
	r.d.Outcome = outcome
}
