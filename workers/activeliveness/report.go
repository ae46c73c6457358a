package activeliveness

import (
	"time"

	"github.com/selene-liveness/selene/schemas"
)

var states = [...]string{atRest: "rest", acting: "act", returning: "return"}

// report returns the progress as clients receive it.
func (p *progress) report(now int64, s *schemas.ActiveLivenessSettings) *schemas.ActiveLiveness {
	a := &schemas.ActiveLiveness{
		Done: uint32(p.Done), Total: uint32(len(p.Actions)), State: "done",
		FailedSteps: uint32(p.Failed), Failure: string(p.failure),
	}
	if p.Done == len(p.Actions) {
		return a
	}
	a.Action, a.State = p.Actions[p.Done], states[p.Phase]
	if p.Phase != atRest && s.StepTimeoutSeconds > 0 {
		limit := time.Duration(s.StepTimeoutSeconds * float64(time.Second))
		a.RemainingMs = max(1, (limit - time.Duration(now-p.Since)).Milliseconds())
	}
	return a
}
