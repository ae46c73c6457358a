package simulate

import (
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// player plays a person from a clip: its rest footage to and fro, and for each request the frames from rest to the peak of the
// action and back, at the drawn speed and never out of order.
type player struct {
	clip   *clip
	camera *camera
	screen *screen // nil when the session shows no colours
	random *rand.Rand
	habits habits
	cut    bool // begins actions by a cut instead of leading up to them

	now        time.Duration
	at, dir    int
	credit     float64 // frames of the clip that are due
	queue      []int
	rate       float64 // of the queue, frames a second
	doing      doing
	asked      string        // "" = rest
	reacts     time.Duration // when the change of the request is followed
	waiting    bool          // for reacts
	goal       segment
	goalAction string
	held       time.Duration // since when the peak is held
	glanced    bool
}

// habits are what is drawn once for each person.
type habits struct {
	reaction, action time.Duration
	gap              time.Duration // between pictures
	jitter           float64
	lost             time.Duration // when a second is lost, 0 = never
	glance           time.Duration // when they look aside, 0 = never
}

type doing int

const (
	resting doing = iota
	leading       // to the start of an action
	acting
	holding
	returning
	glancing
)

const (
	giveUp     = 130 * time.Second
	mostHold   = 3 * time.Second // then they think that it is done
	pagePace   = 300 * time.Millisecond
	lostTime   = time.Second
	slowAction = 2500 * time.Millisecond // by who was asked to be slower
	onceIn     = 5                       // of people lose a second, or look aside
	slowest    = 0.4                     // of the clip's speed
	fastest    = 2.5
	strays     = 4                      // one rest frame in so many is followed by another one that looks like its next
	recording  = 400 * time.Millisecond // in which a program cuts to an action
)

func drawHabits(r *rand.Rand) habits {
	h := habits{
		reaction: between(r, 400*time.Millisecond, 2400*time.Millisecond), action: between(r, 500*time.Millisecond, 1500*time.Millisecond),
		gap: pagePace, jitter: 0.15,
	}
	if r.IntN(2) == 0 {
		h.gap = time.Duration(float64(time.Second) / (3 + 12*r.Float64()))
	}
	if r.IntN(onceIn) == 0 {
		h.lost = between(r, time.Second, 8*time.Second)
	}
	if r.IntN(onceIn) == 0 {
		h.glance = between(r, time.Second, 6*time.Second)
	}
	return h
}

func between(r *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(r.Float64()*float64(high-low))
}

func newPlayer(c *clip, r *rand.Rand) *player {
	return &player{clip: c, camera: newCamera(r), random: r, habits: drawHabits(r), at: c.home[r.IntN(len(c.home))], dir: 1}
}

// Next shows the clip's frame of the moment.
func (p *player) Next(last Reply) (Picture, error) {
	if p.now > giveUp {
		return Picture{}, io.EOF
	}
	if why := last.ActiveLiveness.GetFailure(); why == "not_a_turn" || why == "too_fast" { // the page asks for it more slowly
		p.habits.action = min(p.habits.action*3/2, slowAction)
	}
	if p.screen != nil {
		p.screen.show(last.Display, p.now)
	}
	p.listen(Requested(last))
	gap := time.Duration(float64(p.habits.gap) * (1 + p.habits.jitter*(2*p.random.Float64()-1)))
	if p.habits.lost > 0 && p.now > p.habits.lost {
		p.habits.lost = 0
		gap += lostTime
	}
	p.now += gap
	p.play(gap)
	data, err := p.clip.picture(p.at)
	if err != nil {
		return Picture{}, err
	}
	if p.screen != nil {
		if data, err = p.screen.shine(data, p.at, p.now); err != nil {
			return Picture{}, err
		}
	}
	image, err := p.camera.film(data, p.now)
	return Picture{Image: image, At: p.now}, err
}

// Requested returns the action that a reply asks for, "" for rest.
func Requested(last Reply) string {
	for _, code := range last.Errors {
		switch code {
		case schemas.CodeCloseEyes:
			return schemas.ActionBlink
		case schemas.CodeTurnLeft:
			return schemas.ActionYawLeft
		case schemas.CodeTurnRight:
			return schemas.ActionYawRight
		case schemas.CodeTurnUp:
			return schemas.ActionPitchUp
		case schemas.CodeTurnDown:
			return schemas.ActionPitchDown
		}
	}
	return ""
}

func (p *player) listen(request string) {
	if request == p.asked {
		return
	}
	p.asked, p.waiting, p.reacts = request, true, p.now+p.habits.reaction
	if request == "" { // they see that it is done
		p.reacts = p.now + p.habits.reaction/3
	}
}

// play moves on by a time.
func (p *player) play(gap time.Duration) {
	if p.asked != "" && p.doing == resting && !p.waiting { // it did not do: they try again
		p.waiting, p.reacts = true, p.now+p.habits.reaction
	}
	if p.waiting && p.now >= p.reacts || p.waiting && p.asked != "" && p.doing == resting && !p.cut {
		p.follow()
	}
	rate := float64(clipFPS)
	if p.doing == acting || p.doing == returning {
		rate = p.rate
	}
	p.credit += gap.Seconds() * rate
	steps := int(p.credit)
	p.credit -= float64(steps)
	switch p.doing {
	case resting:
		if p.habits.glance > 0 && !p.glanced && p.now > p.habits.glance && p.asked == "" {
			p.glanced = true
			p.glance()
		}
		p.walk(max(1, steps))
	case holding:
		p.hold()
	default:
		p.advance(max(1, steps))
	}
}

// follow begins what is asked.
func (p *player) follow() {
	switch {
	case p.asked == "" && (p.doing == acting || p.doing == holding):
		p.waiting = false
		p.turnBack()
	case p.asked == "" && p.doing != glancing:
		p.waiting = false
	case p.asked != "" && p.doing == resting:
		p.waiting = false
		p.prepare()
	}
}

// prepare leads up to an action.
func (p *player) prepare() {
	options := p.clip.segments[p.asked]
	if len(options) == 0 {
		return // they do not understand
	}
	p.goalAction = p.asked
	best := []int(nil)
	for range 4 {
		s := options[p.random.IntN(len(options))]
		way := p.clip.path(p.at, s.rest)
		if best == nil && way != nil || way != nil && len(way) < len(best) || p.goal.peak == p.goal.rest {
			best, p.goal = way, s
		}
	}
	if p.cut {
		p.goal = slices.MinFunc(options, func(a, b segment) int {
			return int(1000 * (p.clip.leap(p.at, a.rest) - p.clip.leap(p.at, b.rest)))
		})
		p.at, best = p.goal.rest, nil
	}
	p.queue, p.doing = best, leading
	if len(best) == 0 {
		p.act()
	}
}

func (c *clip) leap(i, j int) float64 {
	f, g := c.frames[i], c.frames[j]
	return math.Hypot(f.Yaw-g.Yaw, f.Pitch-g.Pitch) + 100*math.Hypot(f.X-g.X, f.Y-g.Y)
}

func (p *player) act() {
	p.doing, p.queue = acting, along(p.goal.rest, p.goal.peak)
	lasts := math.Abs((p.clip.frames[p.goal.peak].at - p.clip.frames[p.goal.rest].at).Seconds())
	want := p.habits.action.Seconds()
	if p.asked == schemas.ActionBlink {
		want = lasts * (0.7 + 0.6*p.random.Float64())
	}
	p.rate = float64(len(p.queue)) / max(0.1, min(max(want, lasts/fastest), lasts/slowest))
}

// turnBack goes on to the rest that follows in the clip, where there is one, or else returns the way that led here.
func (p *player) turnBack() {
	if !p.cut {
		for _, s := range p.clip.segments[p.goalAction] {
			if s.peak == p.goal.peak && (s.rest > s.peak) != (p.goal.rest > p.goal.peak) {
				p.goal.rest = s.rest
				break
			}
		}
	}
	p.doing, p.queue = returning, along(p.at, p.goal.rest)
	if len(p.queue) == 0 {
		p.doing = resting
	}
}

// advance plays the queue.
func (p *player) advance(steps int) {
	if p.doing == leading && len(p.queue) == 0 { // at the start, until they react
		if p.now < p.reacts {
			p.walk(1)
			if way := p.clip.path(p.at, p.goal.rest); way != nil {
				p.queue = way
			}
			return
		}
		p.act()
	}
	n := min(steps, len(p.queue))
	if n > 0 {
		p.at, p.queue = p.queue[n-1], p.queue[n:]
	}
	if len(p.queue) > 0 {
		return
	}
	switch p.doing {
	case acting:
		p.doing, p.held = holding, p.now
	case returning, glancing:
		p.doing = resting
	}
}

// hold stays at the peak, with the small movements of the frames around it.
func (p *player) hold() {
	if p.now-p.held > mostHold {
		p.turnBack()
		return
	}
	peak, next := p.clip.frames[p.goal.peak], p.goal.peak
	if p.at == next {
		next += 1 - 2*p.random.IntN(2)
	}
	if next < 0 || next >= len(p.clip.frames) {
		return
	}
	if f := p.clip.frames[next]; f.Posed && math.Abs(f.Yaw-peak.Yaw) < sameAngle && math.Abs(f.Pitch-peak.Pitch) < sameAngle &&
		f.Ear < peak.Ear+0.01 && f.Ear > peak.Ear-0.03 && f.Sharp >= min(p.clip.sharp, peak.Sharp) {
		p.at = next
	}
}

// walk plays rest footage, to and fro.
func (p *player) walk(steps int) {
	for range steps {
		moves := p.clip.moves[p.at]
		switch { // never twice in the same way, which would look like a loop
		case len(moves) > 0 && p.random.IntN(strays) == 0:
			p.at = moves[p.random.IntN(len(moves))]
			p.dir = 1 - 2*p.random.IntN(2)
		case slices.Contains(moves, p.at+p.dir):
			p.at += p.dir
		case slices.Contains(moves, p.at-p.dir):
			p.dir = -p.dir
			p.at += p.dir
		case len(moves) > 0:
			p.at = moves[p.random.IntN(len(moves))]
		}
	}
}

// glance begins a look aside, a third of the way of a turn.
func (p *player) glance() {
	for _, action := range []string{schemas.ActionYawLeft, schemas.ActionYawRight} {
		for _, s := range p.clip.segments[action] {
			aside := along(s.rest, s.rest+(s.peak-s.rest)/3)
			way := p.clip.path(p.at, s.rest)
			if len(aside) == 0 || way == nil {
				continue
			}
			p.queue = append(append(way, aside...), along(aside[len(aside)-1], s.rest)...)
			p.doing = glancing
			return
		}
	}
}
