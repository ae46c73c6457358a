// Package activeliveness is the worker that asks a person for blinks and head turns and checks that they are done.
//
// The actions, their order and the rest before each are derived from the session's secret seed, so that no recording can be
// prepared for them. A step fails, and starts again with a new draw, if the action is done sooner after the request than the
// minimum action time of the settings, or later than they allow; if another head turn is done instead; if the face was lost
// or a second face seen in between; and if the head moves from one pose to the next faster than heads turn. With more such
// failures than the settings allow, the session fails. A turn must also be seen on its way: one that shows only its start and
// its end has to be done again, and counts as failed after some tries. An action counts only if the rest after it shows
// another picture of the face than the rests before it: a photo that is bent into the requested pose comes back as it was. A
// turn counts only if the eyes changed with it more than those of a picture that is bent. All times are the receive times of
// frames.
package activeliveness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
)

// Worker follows the requested actions. It measures nothing itself.
type Worker struct{}

// New returns the worker.
func New() *Worker { return &Worker{} }

// Name returns "active-liveness".
func (*Worker) Name() string { return schemas.WorkerActiveLiveness }

// waived lists the checks that do not fail a frame while an action is requested. On a head that turns, eyes look hidden, a
// mouth covered and glasses dark, and a camera blurs it. Frames at rest, which decide the session, still have to pass them.
var waived = append(
	slices.Clone(schemas.PoseAndEyeCodes),
	schemas.CodeEyesUnknown,
	schemas.CodeMouthOpen,
	schemas.CodeMouthOccluded,
	schemas.CodeSmile,
	schemas.CodeGlasses,
	schemas.CodeSunglasses,
	schemas.CodeBlurred,
)

// waivedFor returns the checks that are waived while an action is requested. Who is asked to blink has to take off sunglasses
// first, and does not move.
func waivedFor(action string) []int32 {
	if action != schemas.ActionBlink {
		return waived
	}
	return slices.DeleteFunc(slices.Clone(waived), func(code int32) bool {
		return code == schemas.CodeSunglasses || code == schemas.CodeBlurred
	})
}

// Judge advances the current action by at most one phase, and returns codes 61 to 68 for what it waits for. While it waits,
// checks that moving faces fail are waived for the next frame.
func (w *Worker) Judge(_ context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
	settings := &s.Settings.ActiveLiveness
	v := &schemas.Verdict{Estimations: &schemas.Estimations{}}
	if !settings.IsEnabled {
		return v, nil
	}
	p := progress{Actions: Actions(f.GetState().GetSeed(), settings)}
	if len(s.Own) > 0 {
		err := json.Unmarshal(s.Own, &p)
		if err == nil && !p.valid(settings) {
			err = errors.New("it belongs to another session")
		}
		if err != nil {
			return nil, streams.Blame(streams.Input, fmt.Errorf("read progress: %w", err))
		}
	}
	code := p.follow(f, s.Settings)
	v.Estimations.ActiveLiveness = p.report(f.GetReceivedUnixNanos(), settings)
	most := settings.MaxFailedSteps
	switch {
	case most >= 0 && p.Failed > most:
		v.Errors, v.Ends = []int32{schemas.CodeActionsFailed}, schemas.Outcome_OUTCOME_ACTIONS_FAILED
	case code != 0:
		v.Pending = true
		v.Errors = []int32{code}
		v.WaiveNext = waivedFor(p.Actions[p.Done])
	}
	var err error
	if v.State, err = json.Marshal(p); err != nil {
		return nil, fmt.Errorf("encode progress: %w", err)
	}
	return v, nil
}
