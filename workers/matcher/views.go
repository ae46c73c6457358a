package matcher

import (
	"math"
	"math/bits"
)

// Angles in degrees. A descriptor says less of a turned face, so it is compared at a lower bound, and beyond the largest angle
// not at all. README.md has the figures behind all limits here.
const (
	frontalAngle = 20
	firstAngle   = 37 // of the first face: as far as the default checks of faces at rest allow
	largestAngle = 40
	straight     = 12 // of a face that is remembered as farthest
	nearAngle    = 15 // two poses at most this far apart must look alike
)

const (
	// turnedAllowance is how much lower the bound is at the largest angle, blurredAllowance how much it is for a blurred face.
	turnedAllowance  = 0.08
	blurredAllowance = 0.06
	// farthestAllowance is how much less a face may resemble the farthest frontal face than the first.
	farthestAllowance = 0.03
	// chainAllowance is how much less than the setting a turned face may resemble one in nearly its pose.
	chainAllowance = 0.06
	// clear is how much above the bound a face is that is remembered as farthest.
	clear = 0.02
	// sharp is the blur score from which a frame is enrolled as a view.
	sharp = 0.6
	// doubtsWindow is the number of compared frames in which maxDoubts frames of somebody else end the session: one doubtful
	// frame does not prove it, since a picture blurred by a turn may resemble nobody.
	doubtsWindow, maxDoubts = 3, 2
)

// view is a face that the session has shown, and its pose in degrees.
type view struct {
	vector     vector
	yaw, pitch int8
	roll       int8 // not kept
	sharp      bool // not kept
}

func (v *view) known() bool { return v.vector != nil }

// turned returns how far a face is turned. Descriptors suffer a third more from a nod.
func (v *view) turned() float64 { return math.Hypot(float64(v.yaw), float64(v.pitch)*4/3) }

// angle is turned with the tilt to a shoulder, which the crop undoes only in part.
func (v *view) angle() float64 { return math.Hypot(v.turned(), float64(v.roll)) }

func (v *view) near(o *view) bool {
	return math.Hypot(float64(v.yaw)-float64(o.yaw), float64(v.pitch)-float64(o.pitch)) <= nearAngle
}

func (v *view) comparable() bool { return v.turned() <= largestAngle }

// side returns the index of the turned view that a face belongs to: left, right, up, down.
func (v *view) side() int {
	switch {
	case math.Abs(float64(v.yaw)) >= math.Abs(float64(v.pitch)) && v.yaw > 0:
		return 0
	case math.Abs(float64(v.yaw)) >= math.Abs(float64(v.pitch)):
		return 1
	case v.pitch > 0:
		return 2
	}
	return 3
}

// comparison holds similarities of a face; of those that it was not compared with, 1.
type comparison struct {
	first, previous float64
	own             float64 // the lowest to the frontal views, with the allowance for the farthest
	chain           float64 // the highest to the turned views near to it
}

// compare compares a face with the views of the session.
func (m *memory) compare(now *view, similarity func(a, b vector) float64) comparison {
	c := comparison{1, 1, 1, 1}
	c.first = similarity(m.first.vector, now.vector)
	c.own = c.first
	if m.farthest.known() {
		c.own = min(c.own, similarity(m.farthest.vector, now.vector)+farthestAllowance)
	}
	if m.previous.known() {
		c.previous = similarity(m.previous.vector, now.vector)
	}
	if now.angle() > frontalAngle {
		c.chain = m.chain(now, similarity)
	}
	return c
}

func (m *memory) chain(now *view, similarity func(a, b vector) float64) float64 {
	best, compared := 0.0, false
	for _, v := range []*view{&m.previous, &m.turned[now.side()]} {
		if v.known() && v.near(now) {
			best, compared = max(best, similarity(v.vector, now.vector)), true
		}
	}
	if !compared {
		return 1
	}
	return best
}

// bound returns the similarity to the frontal views that a face needs.
func (v *view) bound(setting float64) float64 {
	share := (v.angle() - frontalAngle) / (largestAngle - frontalAngle)
	out := setting - turnedAllowance*max(0, min(share, 1))
	if !v.sharp {
		out -= blurredAllowance
	}
	return out
}

// enrol remembers a face that is not doubted. The session's first face is never replaced, so that small steps lead nowhere, and
// the frontal face that is the least similar to it is kept beside it: a face between two people resembles both of them, and
// they do not resemble each other.
func (m *memory) enrol(now *view, c comparison, setting float64) {
	m.previous = *now
	switch {
	case !now.sharp:
	case now.angle() > frontalAngle:
		if side := &m.turned[now.side()]; !side.known() {
			*side = *now
		}
	case now.angle() <= straight && c.first >= setting+clear && (!m.farthest.known() || c.first < m.least):
		m.farthest, m.least = *now, float32Of(c.first)
	}
}

func float32Of(x float64) float64 { return float64(float32(x)) }

// doubt notes whether a face looked like somebody else, and reports whether too many of the last ones did.
func (m *memory) doubt(doubted bool) bool {
	m.doubts = m.doubts << 1 & (1<<doubtsWindow - 1)
	if doubted {
		m.doubts |= 1
	}
	return bits.OnesCount8(m.doubts) >= maxDoubts
}
