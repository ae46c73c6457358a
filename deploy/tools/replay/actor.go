package replay

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/selene-liveness/selene/deploy/tools/mediafile"
	"github.com/selene-liveness/selene/schemas"
)

const (
	actorFrames = 1000 // then the actor gives up
	repeats     = 8    // replies with the same request before the actor plays it differently
)

// actor plays a cooperative person: it answers each request with a picture that performs the action, moving there in small
// steps, and follows the source's order where it can.
type actor struct {
	cast    *cast
	warn    func(string)
	choose  func(Reply) int // pick, or another strategy
	delay   time.Duration   // from a request to the response
	fast    bool
	endless bool
	fresh   bool // no file is sent twice, as no camera does

	sent     int
	at       int          // picture sent last, -1 before the first
	step     int          // 1 = forward in the source, -1 = backward
	used     []int        // frame number at which each picture was sent last; 0 = never
	asked    int          // request being played, 0 = none: look straight ahead
	times    int          // successive replies with this request
	missing  map[int]bool // by request: whether the source cannot do it
	lastSend time.Time
}

func newActor(ctx context.Context, src mediafile.Source, o Options) (*actor, error) {
	c, err := measure(ctx, src, o.Act, o.OnProgress)
	if err != nil {
		return nil, err
	}
	a := &actor{
		cast:    c,
		warn:    o.OnWarning,
		fast:    o.Fast,
		at:      -1,
		step:    1,
		used:    make([]int, len(c.stills)),
		missing: map[int]bool{},
		delay:   o.Reaction,
	}
	a.choose, a.fresh = a.pick, true
	if o.Attack {
		a.choose, a.fresh = (&attacker{actor: a}).pick, false
	}
	if a.warn == nil {
		a.warn = func(string) {}
	}
	return a, nil
}

// pacedBy returns the frames at the source's usual rate, or as soon as replies arrive.
func (a *actor) pacedBy(clk clock) func(Reply) (frame, error) {
	return func(last Reply) (frame, error) {
		if a.sent == actorFrames && !a.endless {
			return frame{}, io.EOF
		}
		s := a.cast.stills[a.choose(last)]
		f := frame{image: s.image, mediaType: s.mediaType, fraction: -1}
		if a.fresh {
			f.image = numbered(s.image, a.sent)
		}
		now := clk.Now()
		if !a.fast && !a.lastSend.IsZero() {
			f.wait = max(0, a.cast.interval-now.Sub(a.lastSend))
		}
		if a.times == 1 && acts(a.asked) {
			f.wait = max(f.wait, a.delay)
		}
		a.lastSend = now.Add(f.wait)
		return f, nil
	}
}

// numbered returns a JPEG file with a comment that holds a number; other files as they are.
func numbered(image []byte, n int) []byte {
	if len(image) < 2 || image[0] != 0xff || image[1] != 0xd8 {
		return image
	}
	text := fmt.Sprintf("frame %d", n)
	out := append(make([]byte, 0, len(image)+len(text)+4), 0xff, 0xd8, 0xff, 0xfe, 0, byte(len(text)+2))
	return append(append(out, text...), image[2:]...)
}

// acts reports whether a request is for an action rather than for a rest position.
func acts(request int) bool {
	switch request {
	case schemas.CodeCloseEyes, schemas.CodeTurnLeft, schemas.CodeTurnRight, schemas.CodeTurnUp, schemas.CodeTurnDown:
		return true
	}
	return false
}

// pick returns the picture that answers the last reply.
func (a *actor) pick(last Reply) int {
	a.listen(last)
	return a.best()
}

// best returns the picture that best fits the request and the picture before.
func (a *actor) best() int {
	best, lowest := 0, math.Inf(1)
	for i := range a.cast.stills {
		if c := a.goal(i) + a.move(i) + a.cast.stills[i].penalty; c < lowest {
			best, lowest = i, c
		}
	}
	if d := best - a.at; a.at >= 0 && (d == 1 || d == -1) {
		a.step = d
	}
	a.sent++
	a.at = best
	a.used[best] = a.sent
	return best
}

// listen takes the request of a reply, and penalizes a picture that failed another check.
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
	if _, known := a.missing[request]; request != 0 && !known {
		a.rehearse(request)
	}
}

// rehearse checks once whether the source can perform the requested action, and warns if it cannot.
func (a *actor) rehearse(request int) {
	most, usual := a.most(request)
	a.missing[request] = most < usual/2
	what := fmt.Sprintf("code %d (%s)", request, schemas.CodeName(int32(request)))
	switch {
	case a.missing[request]:
		a.warn("the source has no picture that performs the requested action, " + what + ": sending frontal ones")
	case most < usual:
		a.warn(
			fmt.Sprintf(
				"the source barely performs the requested action, %s: %.0f degrees at most, where servers usually require %.0f",
				what,
				most,
				usual,
			),
		)
	}
}

// most returns how far any picture goes towards the request, and how far servers usually require, in degrees. For a blink the
// values are 0 or 1; a rest position is always possible.
func (a *actor) most(request int) (most, usual float64) {
	for _, s := range a.cast.stills {
		f := s.face
		if !f.Found || !f.HasPose {
			continue
		}
		switch request {
		case schemas.CodeTurnRight:
			most, usual = max(most, -f.Yaw), 25
		case schemas.CodeTurnLeft:
			most, usual = max(most, f.Yaw), 25
		case schemas.CodeTurnUp, schemas.CodeTurnDown:
			usual = 20
			if nod := f.Pitch - a.cast.pitch; abs(f.Yaw) < 20 {
				if request == schemas.CodeTurnDown {
					nod = -nod
				}
				most = max(most, nod)
			}
		case schemas.CodeCloseEyes:
			usual = 1
			if wider, _, seen := a.cast.openness(f); seen && wider < 0.55 && abs(f.Yaw) < 20 {
				most = 1
			}
		}
	}
	return most, usual
}
