package replay

import (
	"math"

	"github.com/selene-liveness/selene/schemas"
)

// goal returns the distance of picture i from the requested action, in squared degrees; other defects count as degrees too.
func (a *actor) goal(i int) float64 {
	f := a.cast.stills[i].face
	if !f.Found {
		return square(200)
	}
	cost := 0.0
	if f.Count > 1 {
		cost += square(60)
	}
	if !f.HasPose {
		return cost + square(90)
	}
	if f.Width < 0.7*a.cast.width {
		cost += square(20)
	}
	request := a.asked
	if a.missing[request] {
		request = 0
	}
	// A server that keeps asking may require more than the usual pose.
	level := float64(a.level())
	turn := 30 + 7*level
	nod := 22 + 5*level
	wider, narrower, seen := a.cast.openness(f)
	switch request {
	case schemas.CodeTurnRight:
		return cost + within(-f.Yaw, turn, turn+15) + 0.3*within(f.Pitch-a.cast.pitch, -10, 10)
	case schemas.CodeTurnLeft:
		return cost + within(f.Yaw, turn, turn+15) + 0.3*within(f.Pitch-a.cast.pitch, -10, 10)
	case schemas.CodeTurnUp:
		return cost + within(f.Pitch, max(nod, a.cast.pitch+nod), 90) + 0.3*within(f.Yaw, -10, 10)
	case schemas.CodeTurnDown:
		return cost + within(-f.Pitch, max(nod, nod-a.cast.pitch), 90) + 0.3*within(f.Yaw, -10, 10)
	case schemas.CodeCloseEyes:
		if !seen {
			return cost + square(60)
		}
		return cost + square(60*max(0, wider-0.25)) + within(f.Yaw, -8, 8) + within(f.Pitch-a.cast.pitch, -8, 8)
	}
	straight := a.cast.pitch
	if request == schemas.CodePitchStart && int(level)%2 == 1 {
		straight = 0 // straight towards the camera, if the person's usual pitch is not accepted
	}
	cost += within(f.Yaw, -3, 3) + within(f.Pitch-straight, -3, 3) + 0.5*within(f.Roll, -5, 5)
	if a.cast.eyes > 0 {
		if !seen {
			return cost + square(30)
		}
		cost += square(60 * max(0, 0.8-narrower))
	}
	return cost
}

// again is the cost of a picture that was sent before: sessions refuse pictures that come back.
const again = 100

// level returns how often the actor has increased how far it goes, from 0 to 3.
func (a *actor) level() int { return (a.times - 1) / repeats % 4 }

// move returns the cost of showing picture i after the present one: large changes of pose look like another person, jumps in
// the source do not look like motion, and repeated pictures do not look like a camera. The factors make one long step cost more
// than two short ones and less than standing still.
func (a *actor) move(i int) float64 {
	if a.at < 0 {
		return 0
	}
	cost := 0.0
	from, to := a.cast.stills[a.at].face, a.cast.stills[i].face
	if from.HasPose && to.HasPose {
		d := math.Sqrt(square(from.Yaw-to.Yaw) + square(from.Pitch-to.Pitch) + square(from.Roll-to.Roll))
		cost += 1.4 * square(max(0, d-10))
	}
	cost += 0.5 * min(60, abs(float64(i-a.at-a.step)))
	if i == a.at {
		cost += square(100)
	}
	if a.used[i] > 0 {
		cost += again + 120/float64(a.sent-a.used[i]+1)
	}
	return cost
}

// within returns the squared distance of x from the range low to high.
func within(x, low, high float64) float64 { return square(max(0, low-x, x-high)) }

func square(x float64) float64 { return x * x }
