package simulate

import (
	"math"
	"slices"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// segment is an action in a clip: the frames from a rest to the peak of the action.
type segment struct{ rest, peak int }

const (
	restAngle   = 6   // degrees from the usual pose
	restEyes    = 0.7 // of the usual opening
	shutEyes    = 0.5
	nodYaw      = 12              // degrees from the usual pose, at most, during a nod
	mostAgainst = 0.4             // of an action, the other way before it: who does more was doing something else
	beyond      = 5               // degrees by which people turn further than they must
	farthest    = 45              // degrees of yaw
	longestTurn = 2 * time.Second // from rest to peak, in the clip
	longestWink = 1 * time.Second //
	sameAngle   = 4               // degrees between frames of the same pose
	samePlace   = 0.05            // of the face's width
	leastHome   = 8               // rest frames
	mostGap     = 4.0 / clipFPS   // seconds between frames that follow each other
	sameBright  = 8               // levels
	fewest      = 2 * time.Second // of a clip
)

// learn finds the rest frames and the actions that the settings ask for. It reports whether somebody can be played from the clip.
func (c *clip) learn(s *schemas.Settings) bool {
	yawTarget, pitchTarget := s.ActiveLiveness.YawThresholdDeg, s.ActiveLiveness.PitchThresholdDeg
	c.sharp = s.Thresholds.Blur
	var yaws, pitches, eyes []float64
	for _, f := range c.frames {
		if f.Posed && math.Abs(f.Yaw) < 15 {
			yaws, pitches = append(yaws, f.Yaw), append(pitches, f.Pitch)
			if f.Eyes {
				eyes = append(eyes, f.Ear)
			}
		}
	}
	if len(eyes) < leastHome || c.frames[len(c.frames)-1].at < fewest/2 {
		return false
	}
	c.yaw, c.pitch, c.eyes = middle(yaws, 0.5), middle(pitches, 0.5), middle(eyes, 0.7)
	c.link()
	c.segments = map[string][]segment{}
	if len(c.home) < leastHome {
		return false
	}
	for action, how := range map[string]func(f frame) float64{
		schemas.ActionYawLeft:   func(f frame) float64 { return (f.Yaw - c.yaw) / (yawTarget + beyond) },
		schemas.ActionYawRight:  func(f frame) float64 { return (c.yaw - f.Yaw) / (yawTarget + beyond) },
		schemas.ActionPitchUp:   func(f frame) float64 { return (f.Pitch - c.pitch) / (pitchTarget + beyond) },
		schemas.ActionPitchDown: func(f frame) float64 { return (c.pitch - f.Pitch) / (pitchTarget + beyond) },
		schemas.ActionBlink: func(f frame) float64 {
			if !f.Eyes || math.Abs(f.Yaw-c.yaw) > 12 || math.Abs(f.Pitch-c.pitch) > 10 {
				return 0
			}
			return shutEyes * c.eyes / max(f.Ear, 1e-3)
		},
	} {
		if s := c.find(action, how); len(s) > 0 {
			c.segments[action] = s
		}
	}
	return true
}

// find returns the runs from a rest frame of home to a frame at which the measure reaches 1.
func (c *clip) find(action string, how func(frame) float64) (out []segment) {
	limit := longestTurn
	if action == schemas.ActionBlink {
		limit = longestWink
	}
	for i := 0; i < len(c.frames); i++ {
		if !c.reaches(i, action, how) {
			continue
		}
		peak := i
		for i+1 < len(c.frames) && c.follows(i+1) && c.reaches(i+1, action, how) {
			i++
			if how(c.frames[i]) > how(c.frames[peak]) && (!turns(action) || math.Abs(c.frames[i].Yaw) < farthest) {
				peak = i
			}
		}
		for _, step := range []int{-1, 1} { // from the rest before it, or back from the rest after it
			for j := peak; j >= 0 && j < len(c.frames) && c.frames[j].Posed; j += step {
				if d := c.frames[peak].at - c.frames[j].at; max(d, -d) > limit || j != peak && !c.follows(max(j, j-step)) ||
					how(c.frames[j]) < -mostAgainst || nods(action) && math.Abs(c.frames[j].Yaw-c.yaw) > nodYaw {
					break
				}
				if slices.Contains(c.home, j) {
					out = append(out, segment{j, peak})
					break
				}
			}
		}
	}
	return out
}

func (c *clip) reaches(i int, action string, how func(frame) float64) bool {
	f := c.frames[i]
	return f.Posed && how(f) >= 1 && (turns(action) || f.Sharp >= c.sharp) && (!nods(action) || math.Abs(f.Yaw-c.yaw) < nodYaw)
}

func turns(action string) bool {
	return action == schemas.ActionYawLeft || action == schemas.ActionYawRight
}

func nods(action string) bool {
	return action == schemas.ActionPitchUp || action == schemas.ActionPitchDown
}

func (c *clip) follows(i int) bool {
	return i > 0 && i < len(c.frames) && (c.frames[i].at-c.frames[i-1].at).Seconds() <= mostGap && c.frames[i].Posed
}

func (c *clip) rests(i int) bool {
	f := c.frames[i]
	return f.Posed && f.Eyes && math.Abs(f.Yaw-c.yaw) < restAngle && math.Abs(f.Pitch-c.pitch) < restAngle && f.Ear > restEyes*c.eyes
}

// link finds which rest frames can follow each other, and takes the largest group that can as home.
func (c *clip) link() {
	n := len(c.frames)
	c.moves = make([][]int, n)
	for i := range n {
		if !c.rests(i) {
			continue
		}
		if c.follows(i+1) && c.rests(i+1) {
			c.moves[i], c.moves[i+1] = append(c.moves[i], i+1), append(c.moves[i+1], i)
		}
		for j := i + 2; j < n; j++ {
			if c.rests(j) && c.alike(i, j) {
				c.moves[i], c.moves[j] = append(c.moves[i], j), append(c.moves[j], i)
			}
		}
	}
	seen := make([]bool, n)
	for i := range n {
		if seen[i] || len(c.moves[i]) == 0 {
			continue
		}
		group := []int{i}
		seen[i] = true
		for at := 0; at < len(group); at++ {
			for _, j := range c.moves[group[at]] {
				if !seen[j] {
					seen[j] = true
					group = append(group, j)
				}
			}
		}
		if len(group) > len(c.home) {
			c.home = group
		}
	}
	slices.Sort(c.home)
}

// alike reports whether two frames show the same pose at the same place.
func (c *clip) alike(i, j int) bool {
	f, g := c.frames[i], c.frames[j]
	place := samePlace * f.Width
	return math.Abs(f.Yaw-g.Yaw) < sameAngle && math.Abs(f.Pitch-g.Pitch) < sameAngle && math.Abs(f.Roll-g.Roll) < sameAngle &&
		math.Abs(f.X-g.X) < place && math.Abs(f.Y-g.Y) < place && math.Abs(f.Width-g.Width) < place &&
		math.Abs(f.Bright-g.Bright) < sameBright
}

// path returns the frames from one rest frame to another, without the first; nil when there is no way.
func (c *clip) path(from, to int) []int {
	before := map[int]int{from: from}
	queue := []int{from}
	for len(queue) > 0 && queue[0] != to {
		for _, j := range c.moves[queue[0]] {
			if _, ok := before[j]; !ok {
				before[j] = queue[0]
				queue = append(queue, j)
			}
		}
		queue = queue[1:]
	}
	if len(queue) == 0 {
		return nil
	}
	var out []int
	for at := to; at != from; at = before[at] {
		out = append(out, at)
	}
	slices.Reverse(out)
	return out
}

// along returns the frames from i to j in order, without the first.
func along(i, j int) (out []int) {
	for i != j {
		if i < j {
			i++
		} else {
			i--
		}
		out = append(out, i)
	}
	return out
}

func middle(values []float64, q float64) float64 {
	slices.Sort(values)
	return values[min(len(values)-1, int(q*float64(len(values))))]
}
