package activeliveness

import (
	"math"
	"slices"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// progress is the worker's state.
type progress struct {
	Actions []string `json:"actions"`         // asked for in this order
	Done    int      `json:"done"`            // actions finished
	Phase   phase    `json:"phase"`           // of the action under way
	Round   uint32   `json:"round,omitempty"` // steps that failed so far: each draws anew
	Rest    int      `json:"rest,omitempty"`  // frames at rest in a row, while the hold lasts
	Since   int64    `json:"since,omitempty"` // when the phase began, unix nanoseconds

	Yaw   float64 `json:"yaw,omitempty"`   // the person's own neutral pose, degrees
	Pitch float64 `json:"pitch,omitempty"` //
	Began bool    `json:"began,omitempty"` // the neutral pose is known

	Last uint64 `json:"last,omitempty"` // number of the last frame judged
	Seen *seen  `json:"seen,omitempty"` // the last head that was measured
}

// seen is a head at a moment.
type seen struct {
	At    int64   `json:"at"` // unix nanoseconds
	Yaw   float64 `json:"yaw"`
	Pitch float64 `json:"pitch"`
}

// Every action starts and ends at rest: open eyes, or looking straight. The rest before it is held for some frames that
// nobody can foresee, then the action is asked for.
type phase int

const (
	atRest phase = iota
	acting
	returning
)

const (
	// mostHold is the most frames a rest is held, and longestHold the longest time, so that slow cameras are not kept.
	mostHold    = 4
	longestHold = time.Second
	// No head turns faster than this, in degrees a second, when it does as it is told: the quickest turn in our test clips
	// is 290. Closely spaced frames are taken to be jumpStep apart: over less the noise of the measurement is larger.
	fastest  = 400
	jumpStep = 0.1 // seconds
)

// follow takes one frame into account and returns the code of what is asked for next, 0 when all is done.
func (p *progress) follow(f *schemas.Face, s *schemas.Settings) int32 {
	e, now := f.GetEstimations(), f.GetReceivedUnixNanos()
	broken := f.GetState().GetFaceLost() > p.Last || p.jumped(e.GetHeadPose(), now)
	p.remember(f)
	if p.Done == len(p.Actions) {
		return 0
	}
	if broken && (p.Phase != atRest || p.Rest > 0) {
		p.fail(f.GetState().GetSeed(), s)
	}
	o := p.observe(p.Actions[p.Done], e, s)
	switch p.Phase {
	case atRest:
		p.hold(o, now, f.GetState().GetSeed())
	case acting:
		switch {
		case o.acted && p.took(now) >= s.ActiveLiveness.StepMinSeconds && !p.late(now, s):
			p.enter(returning, now)
		case o.acted || o.other || p.late(now, s):
			p.fail(f.GetState().GetSeed(), s)
		}
	case returning:
		switch {
		case p.late(now, s):
			p.fail(f.GetState().GetSeed(), s)
		case o.atRest:
			p.enter(atRest, now)
			p.Done++
		}
	}
	return p.ask()
}

// hold counts the frames at rest and asks for the action when there were enough.
func (p *progress) hold(o observed, now int64, seed []byte) {
	if !o.atRest {
		p.Rest = 0
		return
	}
	if p.Rest == 0 {
		p.Since = now
	}
	p.Rest++
	wanted := 1 + int(draw(seed, "hold", p.Round, uint32(p.Done))%mostHold)
	if p.Rest >= wanted || p.took(now) >= longestHold.Seconds() {
		p.enter(acting, now)
	}
}

// fail lets the step begin anew. In random order the actions still to be done are drawn again: a recording that did one
// at the wrong moment cannot wait for the same moment to come round. They stay the same actions, so nobody can refuse one
// until another is asked for.
func (p *progress) fail(seed []byte, s *schemas.Settings) {
	p.enter(atRest, 0)
	p.Round++
	if s.ActiveLiveness.InteractionOrder == "random" {
		shuffle(p.Actions[p.Done:], seed, p.Round)
	}
}

func (p *progress) enter(next phase, now int64) { p.Phase, p.Since, p.Rest = next, now, 0 }

// took is how long the phase has lasted, in seconds.
func (p *progress) took(now int64) float64 { return time.Duration(now - p.Since).Seconds() }

func (p *progress) late(now int64, s *schemas.Settings) bool {
	limit := s.ActiveLiveness.StepTimeoutSeconds
	return limit > 0 && p.took(now) > limit
}

// jumped says whether the head came from where it was seen last faster than a head turns: then it was cut.
func (p *progress) jumped(pose *schemas.HeadPose, now int64) bool {
	if p.Seen == nil || pose == nil {
		return false
	}
	way := math.Hypot(pose.GetYaw()-p.Seen.Yaw, pose.GetPitch()-p.Seen.Pitch)
	return way > fastest*max(jumpStep, time.Duration(now-p.Seen.At).Seconds())
}

func (p *progress) remember(f *schemas.Face) {
	p.Last = f.GetName().GetSequence()
	pose := f.GetEstimations().GetHeadPose()
	if pose == nil {
		return
	}
	p.Seen = &seen{f.GetReceivedUnixNanos(), pose.GetYaw(), pose.GetPitch()}
	if !p.Began {
		// The first face that came this far looked straight: nothing was waived yet.
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

// valid says whether the progress can be one of this session's.
func (p *progress) valid(s *schemas.ActiveLivenessSettings) bool {
	ok := p.Done >= 0 && p.Done <= len(p.Actions) && p.Phase >= atRest && p.Phase <= returning
	for _, a := range p.Actions {
		ok = ok && slices.Contains(s.InteractionList, a)
	}
	return ok
}
