package replay

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
)

// scripted measures picture i of frames() by a table.
type scripted []Face

func (s scripted) Measure(b []byte) (Face, error) {
	info, err := imagefile.Inspect(b, imagefile.MaxPixels)
	return s[info.Width-16], err
}

// person returns a clip of a person whose head rests at a pitch and who moves as a person
// does: looks straight, blinks, turns right and back, left and back, up and back, down and back.
func person(rest float64) scripted {
	var s scripted
	add := func(yaw, pitch, eyes float64) {
		s = append(s, Face{Found: true, Count: 1, Width: 200, Height: 260, HasPose: true, HasEyes: true, Yaw: yaw, Pitch: rest + pitch, RightEye: eyes, LeftEye: eyes * 1.05})
	}
	still := func(n int) {
		for i := range n {
			add(math.Sin(float64(i)), math.Cos(float64(i)), 0.3)
		}
	}
	still(20)
	for _, e := range []float64{0.2, 0.08, 0.05, 0.07, 0.2} {
		add(0, 0, e)
	}
	still(20)
	for _, to := range [][2]float64{{-60, 0}, {60, 0}, {0, 40}, {0, -40}} {
		for i := range 31 { // there and back in a second
			x := math.Sin(float64(i) / 30 * math.Pi)
			add(to[0]*x, to[1]*x, 0.3)
		}
		still(5)
	}
	return s
}

// examiner requests actions as an active-liveness check does, based on the faces it sees.
type examiner struct {
	steps []int // codes still to be done
	seen  []Face
}

// judge returns the code to send, 0 when all is done.
func (e *examiner) judge(f Face, rest float64) int {
	e.seen = append(e.seen, f)
	for len(e.steps) > 0 {
		done := false
		switch e.steps[0] {
		case schemas.CodeOpenEyes:
			done = f.RightEye > 0.22 && math.Abs(f.Yaw) < 20
		case schemas.CodeCloseEyes:
			done = f.RightEye < 0.13
		case schemas.CodeYawStart:
			done = math.Abs(f.Yaw) < 10
		case schemas.CodePitchStart:
			done = math.Abs(f.Pitch-rest) < 10
		case schemas.CodeTurnRight:
			done = f.Yaw < -25
		case schemas.CodeTurnLeft:
			done = f.Yaw > 25
		case schemas.CodeTurnUp:
			done = f.Pitch-rest > 20
		case schemas.CodeTurnDown:
			done = f.Pitch-rest < -20
		}
		if !done {
			return e.steps[0]
		}
		e.steps = e.steps[1:]
		if len(e.steps) > 0 {
			return e.steps[0]
		}
	}
	return 0
}

var allActions = []int{
	schemas.CodeOpenEyes, schemas.CodeCloseEyes, schemas.CodeOpenEyes,
	schemas.CodeYawStart, schemas.CodeTurnLeft, schemas.CodeYawStart,
	schemas.CodePitchStart, schemas.CodeTurnDown, schemas.CodePitchStart,
	schemas.CodeYawStart, schemas.CodeTurnRight, schemas.CodeYawStart,
	schemas.CodePitchStart, schemas.CodeTurnUp, schemas.CodePitchStart,
}

// examine plays script as --act does, for at most limit frames, to a server that requests steps.
func examine(t *testing.T, script scripted, rest float64, steps []int, limit int) (out Outcome, seen []Face, order []int, warnings []string) {
	t.Helper()
	e := &examiner{steps: append([]int{}, steps...)}
	url := serve(t, func(d door) {
		d.accept()
		for {
			size, ok := d.frame()
			if !ok {
				return
			}
			order = append(order, size.X-16)
			code := e.judge(script[size.X-16], rest)
			switch {
			case code == 0:
				d.send(lpproto.NewSuccess("a.b.c"))
				d.close(lpproto.CloseSuccess, "success")
				return
			case len(order) == limit:
				d.stats(code, 100)
				d.close(lpproto.CloseAttempts, "attempts exceeded")
				return
			}
			d.stats(code)
		}
	})
	out, _, err := play(t, Options{Source: frames(t, len(script)), URL: url, Fast: true, Act: script, OnWarning: func(s string) { warnings = append(warnings, s) }}, wallClock{})
	if err != nil {
		t.Fatal(err)
	}
	return out, e.seen, order, warnings
}

func TestActorPerformsRequestedActions(t *testing.T) {
	for _, rest := range []float64{0, 14, -6} {
		out, seen, order, warnings := examine(t, person(rest), rest, allActions, 100)
		if !out.Passed || len(warnings) > 0 {
			t.Fatalf("rest pitch %v: %+v after pictures %v; warnings %v", rest, out, order, warnings)
		}
		if len(seen) > 26 {
			t.Errorf("rest pitch %v: %d frames for %d requests: %v", rest, len(seen), len(allActions), order)
		}
		for i := 1; i < len(seen); i++ {
			if order[i] == order[i-1] {
				t.Errorf("picture %d twice in a row", order[i])
			}
			if d := math.Hypot(seen[i].Yaw-seen[i-1].Yaw, seen[i].Pitch-seen[i-1].Pitch); d > 30 {
				t.Errorf("the head jumps by %.0f degrees from picture %d to %d", d, order[i-1], order[i])
			}
		}
	}
}

// TestActorPlaysAsFarAsAClipGoes: a clip that turns a little is played as far as it goes, with a warning.
func TestActorPlaysAsFarAsAClipGoes(t *testing.T) {
	script := person(0)
	for i := range script {
		script[i].Yaw /= 3 // 20 degrees at most
	}
	out, seen, _, warnings := examine(t, script, 0, []int{schemas.CodeTurnLeft}, 30)
	far := 0.0
	for _, f := range seen {
		far = max(far, f.Yaw)
	}
	if out.Passed || far < 19 {
		t.Errorf("turned to %.0f; %+v", far, out)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "barely performs the requested action, code 65 (AL_TURN_LEFT): 20 degrees at most") {
		t.Errorf("warnings %q", warnings)
	}
}

// TestActorMovesOn: when no action is requested, the person continues in the source's order.
func TestActorMovesOn(t *testing.T) {
	script := person(5)
	a := actorOf(t, script)
	natural, shown := 0, map[int]bool{}
	last := a.pick(Reply{})
	for range 60 {
		next := a.pick(Reply{Errors: []int{schemas.CodeMoreFrames}})
		f := script[next]
		if math.Abs(f.Yaw) > 10 || math.Abs(f.Pitch-5) > 10 || f.RightEye < 0.2 {
			t.Errorf("picture %d is shown: %+v", next, f)
		}
		if step := next - last; step == 1 || step == -1 {
			natural++
		}
		last = next
		shown[next] = true
	}
	if natural < 55 || len(shown) < 15 {
		t.Errorf("%d of 60 steps go to a neighbour, %d different pictures", natural, len(shown))
	}
}

// TestActorAvoidsWhatFailed: a picture that failed for its quality is not shown at once again.
func TestActorAvoidsWhatFailed(t *testing.T) {
	a := actorOf(t, person(0)[:3])
	bad := a.pick(Reply{})
	a.pick(Reply{Errors: []int{schemas.CodeBlurred}})
	for range 10 {
		if a.pick(Reply{Errors: []int{schemas.CodeMoreFrames}}) == bad {
			t.Errorf("picture %d is shown again", bad)
		}
	}
}

// TestActorGoesFurther: a server that requires a larger movement than usual gets it in the end.
func TestActorGoesFurther(t *testing.T) {
	script := person(0)
	a := actorOf(t, script)
	reply, far := Reply{}, 0.0
	for range 40 {
		f := script[a.pick(reply)]
		far = min(far, f.Yaw)
		reply.Errors = []int{schemas.CodeTurnRight}
	}
	if far > -50 {
		t.Errorf("after forty requests the head turned to %.0f only", far)
	}
}

func actorOf(t *testing.T, script scripted) *actor {
	t.Helper()
	a, err := newActor(t.Context(), openT(t, frames(t, len(script))), Options{Act: script})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestActorPhoto: a still photo cannot perform any requested action, reports that and never passes.
func TestActorPhoto(t *testing.T) {
	for n, steps := range map[int][]int{1: {schemas.CodeOpenEyes, schemas.CodeCloseEyes}, 3: {schemas.CodeYawStart, schemas.CodeTurnLeft}, 2: {schemas.CodeTurnUp}} {
		photo := make(scripted, n)
		for i := range photo {
			photo[i] = person(3)[0]
		}
		out, seen, _, warnings := examine(t, photo, 3, steps, 40)
		if out.Passed || ExitCode(out, nil) != ExitNotPassed || out.CloseCode != lpproto.CloseAttempts || len(seen) != 40 {
			t.Errorf("%v: %+v", steps, out)
		}
		want := fmt.Sprintf("no picture that performs the requested action, code %d", steps[len(steps)-1])
		if len(warnings) != 1 || !strings.Contains(warnings[0], want) {
			t.Errorf("warnings %q, want one with %q", warnings, want)
		}
	}
}

func TestActorGivesUp(t *testing.T) {
	a := actorOf(t, person(0)[:5])
	next := a.pacedBy(&fakeClock{})
	for range actorFrames {
		if _, err := next(Reply{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := next(Reply{}); !errors.Is(err, io.EOF) {
		t.Errorf("after %d frames: %v", actorFrames, err)
	}
}

func TestActorPace(t *testing.T) {
	clk := &fakeClock{now: time.Unix(1000, 0)}
	a := actorOf(t, person(0)[:5]) // ten pictures a second
	next := a.pacedBy(clk)
	for i, c := range []struct{ thinks, waits time.Duration }{{0, 0}, {30, 70}, {250, 0}, {100, 0}, {99, 1}} {
		clk.advance(c.thinks * time.Millisecond)
		f, err := next(Reply{})
		if err != nil || f.wait != c.waits*time.Millisecond {
			t.Errorf("frame %d waits %v, want %d ms (%v)", i, f.wait, c.waits, err)
		}
		clk.advance(f.wait)
	}
}

func TestActorWithoutFace(t *testing.T) {
	_, err := newActor(t.Context(), openT(t, frames(t, 2)), Options{Act: scripted{{}, {}}})
	if err == nil || !strings.Contains(err.Error(), "no face in any of the 2 pictures") {
		t.Errorf("error is %v", err)
	}
}

// TestActorNodsFromRest: up and down count from how the person holds the head, because
// the camera may be high or low, and from the horizontal too.
func TestActorNodsFromRest(t *testing.T) {
	for _, c := range []struct {
		rest    float64
		request int
		enough  float64
		short   float64
	}{
		{14, schemas.CodeTurnUp, 40, 30},
		{14, schemas.CodeTurnDown, -30, -15},
		{-6, schemas.CodeTurnUp, 30, 18},
		{-6, schemas.CodeTurnDown, -32, -24},
	} {
		face := Face{Found: true, Count: 1, HasPose: true}
		a := &actor{cast: &cast{stills: []still{{face: face}, {face: face}}, pitch: c.rest}, asked: c.request, times: 1}
		a.cast.stills[0].face.Pitch, a.cast.stills[1].face.Pitch = c.enough, c.short
		if enough, short := a.goal(0), a.goal(1); enough != 0 || short == 0 {
			t.Errorf("at rest %v, code %d: pitch %v is %v off, pitch %v is %v off", c.rest, c.request, c.enough, enough, c.short, short)
		}
	}
}

func TestNumberedPicturesStayPictures(t *testing.T) {
	var file bytes.Buffer
	if err := jpeg.Encode(&file, image.NewGray(image.Rect(0, 0, 16, 16)), nil); err != nil {
		t.Fatal(err)
	}
	first, second := numbered(file.Bytes(), 1), numbered(file.Bytes(), 2)
	if bytes.Equal(first, second) {
		t.Error("the same file twice")
	}
	if _, err := jpeg.Decode(bytes.NewReader(second)); err != nil {
		t.Error(err)
	}
	if png := []byte("\x89PNG"); !bytes.Equal(numbered(png, 1), png) {
		t.Error("another kind of file was changed")
	}
}
