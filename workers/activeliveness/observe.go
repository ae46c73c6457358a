package activeliveness

import (
	"math"

	"github.com/selene-liveness/selene/schemas"
)

// neutralLimit bounds, in degrees, how far a person's neutral pose may be from zero: cameras stand high or low.
const neutralLimit = 15

// nodYaw is the largest turn, in degrees, at which a nod counts.
const nodYaw = 20

func clamp(deg float64) float64 { return max(-neutralLimit, min(neutralLimit, deg)) }

// observed describes what a frame shows of an action. All fields are false for a frame that was not measured.
type observed struct {
	atRest bool // in the position in which the action starts and ends
	acted  bool // the action is done
	other  bool // another action is done that is not done by accident; chins do move up and down when heads begin to turn
}

func (p *progress) observe(action string, e *schemas.Estimations, s *schemas.Settings) observed {
	pose, a := e.GetHeadPose(), &s.ActiveLiveness
	yaw, pitch := pose.GetYaw()-p.Yaw, pose.GetPitch()-p.Pitch
	turned := pose != nil && math.Abs(yaw) > a.YawThresholdDeg
	nodded := pose != nil && math.Abs(pitch) > a.PitchThresholdDeg && !turned
	if action == schemas.ActionBlink {
		o := blink(e.GetEyes(), s.Session.AcceptOneEyeOpen)
		// The eyes of a bent or turned head look closed.
		o.other = turned || nodded
		o.acted = o.acted && !o.other
		return o
	}
	if pose == nil {
		return observed{}
	}
	looksStraight, noddedStraight := math.Abs(yaw) < a.YawStartDeg, math.Abs(pitch) < a.PitchStartDeg
	// A nod is done while looking straight: pitch is measured badly, and means something else, on a turned head.
	middle := math.Abs(yaw) < max(nodYaw, a.YawStartDeg)
	switch action {
	case schemas.ActionYawLeft:
		return observed{looksStraight, yaw > a.YawThresholdDeg, yaw < -a.YawThresholdDeg}
	case schemas.ActionYawRight:
		return observed{looksStraight, yaw < -a.YawThresholdDeg, yaw > a.YawThresholdDeg}
	case schemas.ActionPitchUp:
		return observed{noddedStraight, pitch > a.PitchThresholdDeg && middle, pitch < -a.PitchThresholdDeg || turned && noddedStraight}
	case schemas.ActionPitchDown:
		return observed{noddedStraight, pitch < -a.PitchThresholdDeg && middle, pitch > a.PitchThresholdDeg || turned && noddedStraight}
	}
	return observed{}
}

// blink reports open and closed eyes. Where one eye is enough, the other may be covered all the time.
func blink(eyes *schemas.Eyes, oneIsEnough bool) observed {
	left, right := eyes.GetLeft(), eyes.GetRight()
	if oneIsEnough {
		open := left == schemas.EyeOpen || right == schemas.EyeOpen
		return observed{atRest: open, acted: !open && (left == schemas.EyeClosed || right == schemas.EyeClosed)}
	}
	return observed{
		atRest: left == schemas.EyeOpen && right == schemas.EyeOpen,
		acted:  left == schemas.EyeClosed && right == schemas.EyeClosed,
	}
}
