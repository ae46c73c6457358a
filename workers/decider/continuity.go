package decider

import (
	"math"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// A face that moves by more than its own width, or grows or shrinks by more than a factor of jumpSize, from one frame to the next within
// jumpTime is another picture: people do not move that fast in front of a camera.
const (
	jumpTime  = 300 * time.Millisecond
	jumpWidth = 1.0
	jumpSize  = 1.6
)

// changed reports whether another camera or another picture began with this frame: the size of the frames changed, or the face
// jumped. It remembers the face.
func (r *round) changed() bool {
	state, now, at := r.d.State, r.d.Estimations.GetFramePosition(), r.found.GetReceivedUnixNanos()
	if now.GetFace() == nil {
		return false
	}
	before, ago := state.Seen, time.Duration(at-state.SeenUnixNanos)
	state.Seen, state.SeenUnixNanos = &schemas.FramePosition{Face: now.GetFace(), Frame: now.GetFrame()}, at
	if before == nil {
		return false
	}
	was, is := before.GetFrame(), now.GetFrame()
	if was.GetWidth() != is.GetWidth() || was.GetHeight() != is.GetHeight() {
		return true
	}
	return ago < jumpTime && jumped(before.GetFace(), now.GetFace())
}

func jumped(a, b *schemas.Rect) bool {
	size := max(float64(a.GetWidth()), 1)
	grown := max(float64(b.GetWidth()), 1) / size
	x := float64(2*b.GetX()+b.GetWidth()-2*a.GetX()-a.GetWidth()) / 2
	y := float64(2*b.GetY()+b.GetHeight()-2*a.GetY()-a.GetHeight()) / 2
	return math.Hypot(x, y) > jumpWidth*size || max(grown, 1/grown) > jumpSize
}
