// Package activeliveness is the worker that asks a person for blinks and head turns and watches them being done.
//
// What is asked for, in which order and after how long a rest follows from the session's secret seed, so no recording can
// have it right beforehand. A step fails, and begins anew with a fresh draw, when the action is done sooner after it was
// asked for than settings say a person can, or later than they allow; when another head turn is done instead; when the
// face was lost or a second one seen meanwhile; and when the head gets from one pose to the next faster than heads turn.
// All times are those at which frames were received.
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

// Worker follows the asked actions. It measures nothing itself.
type Worker struct{}

// New returns the worker.
func New() *Worker { return &Worker{} }

// Name is "active-liveness".
func (*Worker) Name() string { return schemas.WorkerActiveLiveness }

// waived are the checks that do not fail a frame while an action is asked for. Of a head that turns, eyes look hidden, a
// mouth covered and glasses dark. Frames at rest, over which the session is decided, still have to pass them.
var waived = append(slices.Clone(schemas.PoseAndEyeCodes),
	schemas.CodeEyesUnknown, schemas.CodeMouthOpen, schemas.CodeMouthOccluded, schemas.CodeSmile, schemas.CodeGlasses, schemas.CodeSunglasses)

// Judge moves the action under way on by one phase at most, and says with codes 61 to 68 what it waits for. While it
// waits, checks that moving faces fail are waived for the next frame.
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
			err = errors.New("it is none of this session")
		}
		if err != nil {
			return nil, streams.Blame(streams.Input, fmt.Errorf("read progress: %w", err))
		}
	}
	code := p.follow(f, s.Settings)
	v.Estimations.ActiveLiveness = &schemas.ActiveLiveness{Done: uint32(p.Done), Total: uint32(len(p.Actions))}
	if code != 0 {
		v.Pending = true
		v.Errors = []int32{code}
		v.WaiveNext = waived
		v.Estimations.ActiveLiveness.Action = p.Actions[p.Done]
	}
	var err error
	if v.State, err = json.Marshal(p); err != nil {
		return nil, fmt.Errorf("encode progress: %w", err)
	}
	return v, nil
}
