package replay

import (
	"math"
	"time"
)

// attacker plays recordings of the victim. It answers each request by cutting to a moment that leads to the requested action, choosing
// the one with the smallest visible jump, and plays the recording on from there.
type attacker struct {
	*actor
	aim int // picture that performs the requested action, towards which the recording plays
}

const (
	leadIn   = 3 * time.Second // longest time that the recording may play before it performs the requested action
	fits     = 40              // squared degrees by which a picture may miss the requested action
	perDelay = 40              // cost of a second of delay, in squared degrees
)

func (a *attacker) pick(last Reply) int {
	before := a.asked
	a.listen(last)
	if a.times > repeats { // no recording does it in sequence: combine single pictures
		a.aim = a.best()
		return a.aim
	}
	next := a.at + 1
	switch {
	case a.at >= 0 && a.follows(next) && a.asked == before && next <= a.aim:
	case a.at >= 0 && a.follows(next) && a.goal(next) < fits:
		a.aim = next
	default:
		next, a.aim = a.cut()
	}
	a.sent++
	a.at = next
	a.used[next] = a.sent
	return next
}

// follows reports whether picture i and the one before it are in the same recording.
func (a *attacker) follows(i int) bool {
	return i < len(a.cast.stills) && i > 0 && a.cast.stills[i].clip == a.cast.stills[i-1].clip
}

// cut returns the picture to cut to and the one to aim for.
func (a *attacker) cut() (from, aim int) {
	lowest := math.Inf(1)
	for i, s := range a.cast.stills {
		start := a.leap(i) + s.penalty
		if start >= lowest {
			continue
		}
		for j := i; j < len(a.cast.stills) && a.cast.stills[j].clip == s.clip; j++ {
			delay := a.cast.stills[j].pts - s.pts
			if delay > leadIn || !a.cast.stills[j].face.Found {
				break
			}
			if c := start + perDelay*delay.Seconds() + max(0, a.goal(j)-fits) + a.cast.stills[j].penalty; c < lowest {
				lowest, from, aim = c, i, j
			}
		}
	}
	return from, aim
}

// leap returns the cost of cutting to picture i: a jump in pose or size, and a repeated picture.
func (a *attacker) leap(i int) float64 {
	if a.at < 0 {
		return a.goal(i)
	}
	if i == a.at {
		return square(100)
	}
	cost := 0.0
	from, to := a.cast.stills[a.at].face, a.cast.stills[i].face
	if from.HasPose && to.HasPose {
		cost += square(from.Yaw-to.Yaw) + square(from.Pitch-to.Pitch) + square(from.Roll-to.Roll)
	} else {
		cost += square(60)
	}
	if from.Width > 0 && to.Width > 0 {
		cost += square(60 * math.Log(to.Width/from.Width))
	}
	if a.used[i] > 0 {
		cost += 120 / float64(a.sent-a.used[i]+1)
	}
	return cost
}
