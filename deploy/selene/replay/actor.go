package replay

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

const (
	actorFrames = 1000 // then the actor gives up
	patience    = 8    // replies with the same request before the actor plays it differently
)

// actor plays a cooperative person: it answers what the server asks with the picture that
// does it, moving there in small steps, and goes on in the source's order where it can.
type actor struct {
	cast    *cast
	warn    func(string)
	fast    bool
	endless bool

	sent     int
	at       int   // picture sent last, -1 before the first
	way      int   // 1 forward in the source, -1 backward
	used     []int // when each picture was sent last, counted in frames; 0 = never
	asked    int   // request being played, 0 = none: look straight
	times    int   // replies with this same request in a row
	missing  map[int]bool
	lastSend time.Time
}

func newActor(ctx context.Context, src Source, o Options) (*actor, error) {
	c, err := measure(ctx, src, o.Act, o.OnProgress)
	if err != nil {
		return nil, err
	}
	a := &actor{cast: c, warn: o.OnWarning, fast: o.Fast, at: -1, way: 1, used: make([]int, len(c.stills)), missing: map[int]bool{}}
	if a.warn == nil {
		a.warn = func(string) {}
	}
	return a, nil
}

// pacedBy gives the frames at the source's usual rate, or as fast as replies come.
func (a *actor) pacedBy(clk clock) func(Reply) (frame, error) {
	return func(last Reply) (frame, error) {
		if a.sent == actorFrames && !a.endless {
			return frame{}, io.EOF
		}
		s := a.cast.stills[a.pick(last)]
		f := frame{image: s.image, mediaType: s.mediaType, fraction: -1}
		now := clk.Now()
		if !a.fast && !a.lastSend.IsZero() {
			f.wait = max(0, a.cast.interval-now.Sub(a.lastSend))
		}
		a.lastSend = now.Add(f.wait)
		return f, nil
	}
}

// pick chooses the picture that answers the last reply.
func (a *actor) pick(last Reply) int {
	a.listen(last)
	best, lowest := 0, math.Inf(1)
	for i := range a.cast.stills {
		if c := a.goal(i) + a.move(i) + a.cast.stills[i].penalty; c < lowest {
			best, lowest = i, c
		}
	}
	if step := best - a.at; a.at >= 0 && (step == 1 || step == -1) {
		a.way = step
	}
	a.sent++
	a.at = best
	a.used[best] = a.sent
	return best
}

// listen takes what the reply asks, and remembers a picture that failed for itself.
func (a *actor) listen(last Reply) {
	request, bad := 0, false
	for _, code := range last.Errors {
		switch {
		case code >= schemas.CodeOpenEyes && code <= schemas.CodeTurnDown:
			request = code // the last one counts
		case code < schemas.CodeActionPending && code != schemas.CodeMoreFrames:
			bad = true
		}
	}
	if bad && a.at >= 0 {
		a.cast.stills[a.at].penalty += 150
	}
	if request != a.asked {
		a.asked, a.times = request, 0
	}
	a.times++
	if request != 0 && !a.missing[request] && !a.can(request) {
		a.missing[request] = true
		a.warn(fmt.Sprintf("the source has no picture that does what code %d asks (%s): sending frontal ones", request, schemas.CodeName(int32(request))))
	}
}

// can reports whether any picture does, at least somewhat, what is asked.
func (a *actor) can(request int) bool {
	for _, s := range a.cast.stills {
		f := s.face
		wider, _, seen := a.cast.openness(f)
		switch {
		case !f.Found || !f.HasPose:
		case request == schemas.CodeCloseEyes && seen && wider < 0.55 && abs(f.Yaw) < 20,
			request == schemas.CodeTurnRight && f.Yaw < -18,
			request == schemas.CodeTurnLeft && f.Yaw > 18,
			request == schemas.CodeTurnUp && f.Pitch > a.cast.pitch+12,
			request == schemas.CodeTurnDown && f.Pitch < a.cast.pitch-12,
			request == schemas.CodeOpenEyes, request == schemas.CodeYawStart, request == schemas.CodePitchStart:
			return true
		}
	}
	return false
}

// goal says how far picture i is from doing what is asked, in squared degrees; other
// faults count as if they were degrees.
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
	// A server that goes on asking may want more than the pose that usually does.
	level := float64((a.times - 1) / patience % 4)
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
		straight = 0 // straight as the camera sees it, if the person's own straight is not believed
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

// move says what it costs to show picture i after the present one: large changes of pose
// look like another person, jumps in the source are no motion, and a picture shown again
// is no camera. The factors keep one long step dearer than two short ones and cheaper
// than standing still.
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
	cost += 0.5 * min(60, abs(float64(i-a.at-a.way)))
	if i == a.at {
		cost += square(100)
	}
	if ago := a.sent - a.used[i]; a.used[i] > 0 && ago < 6 {
		cost += 10 * float64(6-ago)
	}
	return cost
}

// within is the squared distance of x to low..high.
func within(x, low, high float64) float64 { return square(max(0, low-x, x-high)) }

func square(x float64) float64 { return x * x }
