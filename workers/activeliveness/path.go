package activeliveness

import (
	"github.com/selene-liveness/selene/schemas"
)

const (
	// minSeen is the number of different poses that have to be seen between rest and the requested pose, on the way there and
	// back together. A picture that is exchanged for a turned one shows none.
	minSeen = 2
	// wayNoise, in degrees, is how much a pose varies while a head is still; poses nearer to rest are not on the way.
	wayNoise = 4
	// wayStep, in degrees, is how much two poses on the way differ at least.
	wayStep = 2
)

// watch counts the poses between rest and the requested pose, in order: each further there than the one before, until the
// action is done, and less far afterwards. A head that returns to rest without having acted starts again.
func (p *progress) watch(action string, f *schemas.Face, s *schemas.Settings) {
	way, threshold, ok := p.towards(action, f.GetEstimations(), s)
	if !ok {
		return
	}
	if action == schemas.ActionYawLeft || action == schemas.ActionYawRight {
		p.compareTurned(f, s)
	}
	switch {
	case way >= threshold:
		p.At = way
	case way < wayNoise:
		if p.Phase == acting {
			p.On, p.At = 0, 0
		}
	case p.Phase == acting && way >= p.At+wayStep, p.Phase == returning && way <= p.At-wayStep:
		p.On++
		p.At = way
	case p.Phase == acting && way < p.At-wayNoise: // turned back
		p.On, p.At = 1, way
	}
}

// towards returns how far the head is turned in the requested direction, and how far it has to be, in degrees. It returns false
// for a blink, and without a pose.
func (p *progress) towards(action string, e *schemas.Estimations, s *schemas.Settings) (way, threshold float64, ok bool) {
	pose, a := e.GetHeadPose(), &s.ActiveLiveness
	if pose == nil {
		return 0, 0, false
	}
	yaw, pitch := pose.GetYaw()-p.Yaw, pose.GetPitch()-p.Pitch
	switch action {
	case schemas.ActionYawLeft:
		return yaw, a.YawThresholdDeg, true
	case schemas.ActionYawRight:
		return -yaw, a.YawThresholdDeg, true
	case schemas.ActionPitchUp:
		return pitch, a.PitchThresholdDeg, true
	case schemas.ActionPitchDown:
		return -pitch, a.PitchThresholdDeg, true
	}
	return 0, 0, false
}
