package decider

import (
	"math"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

// keepBest keeps the frame as the best shot if none since the last action, or since the face was last lost, scored higher. The
// frame was accepted: no check failed or was waived, and the matcher found the person of the session on it. While an action is
// under way there is no best shot.
func (r *round) keepBest() {
	d := r.d
	if r.pending {
		d.State.Best = nil
		return
	}
	if score := bestShotScore(d.Estimations); d.State.Best == nil || score >= d.State.Best.GetScore() {
		d.State.Best = &schemas.Sample{
			Frame: d.Frame, Estimations: proto.CloneOf(d.Estimations), ReceivedUnixNanos: r.found.GetReceivedUnixNanos(), Score: score,
		}
	}
}

// Values from which a term of bestShotScore is 0, and from which one is 1.
const (
	turnedDegrees = 45  // of the head, all angles together
	wideOpen      = 0.3 // eye aspect ratio
	leastTerm     = 0.01
)

// bestShotScore returns how well a frame serves as the best shot, 0..1: the geometric mean, in which one bad term outweighs many
// good ones, of frontal pose, open eyes, sharpness, the worst score of light, general quality and liveness, each 0..1. What was
// not measured is left out. The terms follow the components of face image quality of ISO/IEC 29794-5; their weights are equal.
func bestShotScore(e *schemas.Estimations) float64 {
	var terms []float64
	if p := e.GetHeadPose(); p != nil {
		terms = append(terms, 1-math.Hypot(math.Hypot(p.GetYaw(), p.GetPitch()), p.GetRoll())/turnedDegrees)
	}
	if e.GetEyes() != nil {
		terms = append(terms, openness(e.GetEyes()))
	}
	if q := e.GetImageQuality(); q != nil {
		terms = append(terms, q.GetBlur(), min(q.GetLight(), q.GetDarkness(), q.GetIllumination(), q.GetSpecularity()))
	}
	for _, score := range []*float64{e.Ags, e.Liveness} {
		if score != nil {
			terms = append(terms, *score)
		}
	}
	sum := 0.0
	for _, x := range terms {
		sum += math.Log(min(max(x, leastTerm), 1))
	}
	return math.Exp(sum / float64(max(len(terms), 1)))
}

// openness returns 0..1 for the eye that is less open; a covered one counts only if both are.
func openness(e *schemas.Eyes) float64 {
	var open []float64
	for _, eye := range []struct {
		state string
		ratio float64
	}{{e.GetLeft(), e.GetLeftAspectRatio()}, {e.GetRight(), e.GetRightAspectRatio()}} {
		switch eye.state {
		case schemas.EyeOccluded:
		case schemas.EyeClosed:
			open = append(open, 0)
		default:
			open = append(open, eye.ratio/wideOpen)
		}
	}
	if len(open) == 0 || e.GetState() == schemas.EyeClosed {
		return 0
	}
	return slices.Min(open)
}
