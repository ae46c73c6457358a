// Package activeliveness is the worker that asks a person for blinks and head turns and watches them being done.
package activeliveness

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

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

// progress is the worker's state.
type progress struct {
	Done  int     `json:"done"`            // actions finished
	Phase phase   `json:"phase"`           // of the action under way
	Yaw   float64 `json:"yaw,omitempty"`   // the person's own neutral pose, degrees
	Pitch float64 `json:"pitch,omitempty"` //
	Began bool    `json:"began,omitempty"` // the neutral pose is known
}

// Every action starts and ends at rest: open eyes, or looking straight.
type phase int

const (
	atRest phase = iota
	acting
	returning
)

// neutralLimit bounds, in degrees, how far a person's neutral pose may be from zero: cameras stand high or low.
const neutralLimit = 15

// Judge moves the action under way on by one phase at most, and says with codes 61 to 68 what it waits for. While it
// waits, pose and eye checks are waived for the next frame.
func (w *Worker) Judge(_ context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
	settings := &s.Settings.ActiveLiveness
	v := &schemas.Verdict{Estimations: &schemas.Estimations{}}
	if !settings.IsEnabled {
		return v, nil
	}
	actions := Actions(f.GetState().GetSeed(), settings)
	var p progress
	if len(s.Own) > 0 {
		if err := json.Unmarshal(s.Own, &p); err != nil {
			return nil, streams.Blame(streams.Input, fmt.Errorf("read progress: %w", err))
		}
	}
	if pose := f.GetEstimations().GetHeadPose(); !p.Began && pose != nil {
		// The first face that came this far looked straight: nothing was waived yet.
		p.Began, p.Yaw, p.Pitch = true, clamp(pose.GetYaw()), clamp(pose.GetPitch())
	}
	code := p.advance(actions, f.GetEstimations(), s.Settings)
	v.Estimations.ActiveLiveness = &schemas.ActiveLiveness{Done: uint32(p.Done), Total: uint32(len(actions))}
	if p.Done < len(actions) {
		v.Pending = true
		v.Errors = []int32{code}
		v.WaiveNext = schemas.PoseAndEyeCodes
		v.Estimations.ActiveLiveness.Action = actions[p.Done]
	}
	var err error
	if v.State, err = json.Marshal(p); err != nil {
		return nil, fmt.Errorf("encode progress: %w", err)
	}
	return v, nil
}

// advance takes one frame into account and returns the code of what is asked for next.
func (p *progress) advance(actions []string, e *schemas.Estimations, s *schemas.Settings) int32 {
	if p.Done >= len(actions) {
		return 0
	}
	a := actionOf(actions[p.Done], p, e, s)
	switch p.Phase {
	case atRest:
		if a.atRest {
			p.Phase = acting
		}
	case acting:
		if a.acted {
			p.Phase = returning
		}
	case returning:
		if a.atRest {
			p.Phase = atRest
			p.Done++
			if p.Done == len(actions) {
				return 0
			}
			return p.ask(actions[p.Done])
		}
	}
	return p.ask(actions[p.Done])
}

func (p *progress) ask(action string) int32 {
	codes := asks[action]
	if p.Phase == acting {
		return codes.act
	}
	return codes.rest
}

var asks = map[string]struct{ rest, act int32 }{
	schemas.ActionBlink:     {schemas.CodeOpenEyes, schemas.CodeCloseEyes},
	schemas.ActionYawLeft:   {schemas.CodeYawStart, schemas.CodeTurnLeft},
	schemas.ActionYawRight:  {schemas.CodeYawStart, schemas.CodeTurnRight},
	schemas.ActionPitchUp:   {schemas.CodePitchStart, schemas.CodeTurnUp},
	schemas.ActionPitchDown: {schemas.CodePitchStart, schemas.CodeTurnDown},
}

type observed struct{ atRest, acted bool }

// actionOf says whether the frame shows the action at rest or done. What was not measured is neither.
func actionOf(action string, p *progress, e *schemas.Estimations, s *schemas.Settings) observed {
	if action == schemas.ActionBlink {
		return blink(e.GetEyes(), s.Session.AcceptOneEyeOpen)
	}
	pose := e.GetHeadPose()
	if pose == nil {
		return observed{}
	}
	a := &s.ActiveLiveness
	yaw, pitch := pose.GetYaw()-p.Yaw, pose.GetPitch()-p.Pitch
	switch action {
	case schemas.ActionYawLeft:
		return observed{math.Abs(yaw) < a.YawStartDeg, yaw > a.YawThresholdDeg}
	case schemas.ActionYawRight:
		return observed{math.Abs(yaw) < a.YawStartDeg, yaw < -a.YawThresholdDeg}
	case schemas.ActionPitchUp:
		return observed{math.Abs(pitch) < a.PitchStartDeg, pitch > a.PitchThresholdDeg}
	case schemas.ActionPitchDown:
		return observed{math.Abs(pitch) < a.PitchStartDeg, pitch < -a.PitchThresholdDeg}
	}
	return observed{}
}

func blink(eyes *schemas.Eyes, oneIsEnough bool) observed {
	left, right := eyes.GetLeft(), eyes.GetRight()
	open := left == schemas.EyeOpen && right == schemas.EyeOpen
	if oneIsEnough {
		open = left == schemas.EyeOpen || right == schemas.EyeOpen
	}
	return observed{atRest: open, acted: left == schemas.EyeClosed && right == schemas.EyeClosed}
}

func clamp(deg float64) float64 { return max(-neutralLimit, min(neutralLimit, deg)) }
