package activeliveness

import (
	"math"
	"slices"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// progress is the worker's state.
type progress struct {
	Actions []string `json:"actions"`          // requested in this order
	Done    int      `json:"done"`             // actions finished
	Phase   phase    `json:"phase"`            // of the current action
	Round   uint32   `json:"round,omitempty"`  // steps that failed so far; each causes a new draw
	Rest    int      `json:"rest,omitempty"`   // frames at rest in a row, while the hold lasts
	Since   int64    `json:"since,omitempty"`  // when the phase began, unix nanoseconds
	Failed  int      `json:"failed,omitempty"` // steps that failed and count
	Missed  int      `json:"missed,omitempty"` // turns that were not seen on their way
	On      int      `json:"on,omitempty"`     // poses seen on the way to the requested one, and back
	At      float64  `json:"at,omitempty"`     // the last of them, degrees towards the requested pose

	Yaw   float64 `json:"yaw,omitempty"`   // the person's neutral pose, degrees
	Pitch float64 `json:"pitch,omitempty"` //
	Began bool    `json:"began,omitempty"` // the neutral pose is known

	Acted bool   `json:"acted,omitempty"` // the rest after an action, which has to show another picture than the rests before
	Alike int    `json:"alike,omitempty"` // frames of it that did not
	Rests []rest `json:"rests,omitempty"` // the last rests

	// Losses are the two smallest losses of similarity of the eyes on the way of a turn, by the square of the turn in degrees.
	Losses  []float64 `json:"losses,omitempty"`
	Blurred bool      `json:"blurred,omitempty"` // a frame on the way was too blurred to be compared

	failure failure // why a step failed with this frame

	Last uint64 `json:"last,omitempty"` // number of the last frame judged
	Seen *seen  `json:"seen,omitempty"` // the last head that was measured
}

// seen is the pose of a head at a moment.
type seen struct {
	At    int64   `json:"at"` // unix nanoseconds
	Yaw   float64 `json:"yaw"`
	Pitch float64 `json:"pitch"`
}

// Every action starts and ends at rest: open eyes, or looking straight. The rest is held for an unpredictable number of frames,
// then the action is requested.
type phase int

const (
	atRest phase = iota
	acting
	returning
)

const (
	// A rest is held for at most maxHold frames, and for at most maxHoldTime, so that slow cameras do not wait long.
	maxHold     = 4
	maxHoldTime = time.Second
	// freeMisses is the number of turns that were not seen on their way and do not count as failed: a slow camera misses the way of
	// a quick turn, which then has to be done once more.
	freeMisses = 5
	// maxTurnSpeed, in degrees per second, is faster than any requested turn: the fastest in our test clips is 290. Frames
	// closer together than minInterval count as minInterval apart, since noise dominates over shorter intervals.
	maxTurnSpeed = 400
	minInterval  = 0.1 // seconds
)

// follow updates the progress with one frame and returns the code of the next request, 0 when all actions are done.
func (p *progress) follow(f *schemas.Face, s *schemas.Settings) int32 {
	e, now := f.GetEstimations(), f.GetReceivedUnixNanos()
	broken := noFailure
	switch {
	case f.GetState().GetFaceLost() > p.Last:
		broken = faceLost
	case p.jumped(e.GetHeadPose(), now):
		broken = jump
	}
	p.remember(f)
	seed := f.GetState().GetSeed()
	if p.Done == len(p.Actions) {
		if p.isSamePicture(f) {
			p.repeat(seed, s)
		}
		return p.ask()
	}
	if broken != noFailure && (p.Phase != atRest || p.Rest > 0) {
		p.fail(broken, seed, s)
	}
	action := p.Actions[p.Done]
	o := p.observe(action, e, s)
	same := p.Phase == atRest && o.atRest && p.isSamePicture(f)
	switch p.Phase {
	case atRest:
		if same {
			p.repeat(seed, s)
			break
		}
		p.hold(o, f, seed)
	case acting:
		p.watch(action, f, s)
		switch {
		case p.late(now, s):
			p.fail(tooSlow, seed, s)
		case o.acted && p.took(now) < s.ActiveLiveness.StepMinSeconds:
			p.fail(tooFast, seed, s)
		case o.acted:
			p.enter(returning, now)
		case o.other:
			p.fail(otherAction, seed, s)
		}
	case returning:
		p.watch(action, f, s)
		switch {
		case p.late(now, s):
			p.fail(tooSlow, seed, s)
		case o.atRest && action != schemas.ActionBlink && (p.On < minSeen || p.Blurred && len(p.Losses) == 0):
			p.fail(notATurn, seed, s)
		case o.atRest && p.bent():
			p.fail(bentPicture, seed, s)
		case o.atRest:
			p.enter(atRest, now)
			p.Done, p.Acted, p.Alike = p.Done+1, true, 0
			p.isSamePicture(f)
		}
	}
	return p.ask()
}

// hold counts the frames at rest and requests the action after enough of them.
func (p *progress) hold(o observed, f *schemas.Face, seed []byte) {
	now := f.GetReceivedUnixNanos()
	if !o.atRest {
		p.Rest = 0
		return
	}
	if p.Rest == 0 && (!p.Acted || p.Since == 0) { // after an action, the rest began with the action's end
		p.Since = now
	}
	p.Rest++
	wanted := 1 + int(draw(seed, "hold", p.Round, uint32(p.Done))%maxHold)
	settled := !p.Acted || p.took(now) >= schemas.SettleTime.Seconds()
	if settled && p.Rest >= wanted || p.took(now) >= maxHoldTime.Seconds() {
		p.keep(f)
		p.enter(acting, now)
	}
}

// fail starts the step again. In random order the remaining actions are drawn again, so that a recording with an action at the
// wrong moment cannot wait for that moment to recur. The set of actions stays the same, so that refusing one does not
// replace it.
func (p *progress) fail(why failure, seed []byte, s *schemas.Settings) {
	p.enter(atRest, 0)
	p.failure = why
	if why == notATurn {
		p.Missed++
	}
	if why != notATurn || p.Missed > freeMisses {
		p.Failed++
	}
	p.Round++
	if s.ActiveLiveness.InteractionOrder == "random" {
		shuffle(p.Actions[p.Done:], seed, p.Round)
	}
}

func (p *progress) enter(next phase, now int64) {
	p.Phase, p.Since, p.Rest = next, now, 0
	if next == acting {
		p.Acted, p.Losses, p.Blurred = false, nil, false
	}
	if next != returning {
		p.On, p.At = 0, 0
	}
}

// took returns how long the phase has lasted, in seconds.
func (p *progress) took(now int64) float64 { return time.Duration(now - p.Since).Seconds() }

func (p *progress) late(now int64, s *schemas.Settings) bool {
	limit := s.ActiveLiveness.StepTimeoutSeconds
	return limit > 0 && p.took(now) > limit
}

// jumped reports whether the head moved from its last pose faster than heads turn, which means that the video was cut.
func (p *progress) jumped(pose *schemas.HeadPose, now int64) bool {
	if p.Seen == nil || pose == nil {
		return false
	}
	distance := math.Hypot(pose.GetYaw()-p.Seen.Yaw, pose.GetPitch()-p.Seen.Pitch)
	return distance > maxTurnSpeed*max(minInterval, time.Duration(now-p.Seen.At).Seconds())
}

func (p *progress) remember(f *schemas.Face) {
	p.Last = f.GetName().GetSequence()
	pose := f.GetEstimations().GetHeadPose()
	if pose == nil {
		return
	}
	p.Seen = &seen{f.GetReceivedUnixNanos(), pose.GetYaw(), pose.GetPitch()}
	if !p.Began {
		// The first face looked straight, since no check was waived yet.
		p.Began, p.Yaw, p.Pitch = true, clamp(pose.GetYaw()), clamp(pose.GetPitch())
	}
}

func (p *progress) ask() int32 {
	if p.Done == len(p.Actions) {
		return 0
	}
	codes := asks[p.Actions[p.Done]]
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

// valid reports whether the progress can belong to this session.
func (p *progress) valid(s *schemas.ActiveLivenessSettings) bool {
	ok := len(p.Rests) <= maxRests && (!p.Acted || p.Done > 0) && p.Alike >= 0
	ok = ok && p.Done >= 0 && p.Done <= len(p.Actions) && p.Phase >= atRest && p.Phase <= returning && p.Failed >= 0 && p.Missed >= 0
	for _, a := range p.Actions {
		ok = ok && slices.Contains(s.InteractionList, a)
	}
	return ok
}
