package activeliveness

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers"
)

// failed checks that the current step started again: rest is requested, and no action is done.
func (p *person) failed(l look, rest int32) {
	p.t.Helper()
	before := p.progress().Round
	p.then(l, rest)
	if after := p.progress(); after.Round != before+1 || after.Phase != atRest {
		p.t.Fatalf("after %+v: %+v, want the step to start again", l, after)
	}
}

func (p *person) progress() progress {
	p.t.Helper()
	var out progress
	if len(p.state) > 0 {
		if err := json.Unmarshal(p.state, &out); err != nil {
			p.t.Fatal(err)
		}
	}
	return out
}

func TestTooEarly(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		after    time.Duration
		fails    bool
	}{
		"at once":             {"", 20 * time.Millisecond, true},
		"just before":         {"", 99 * time.Millisecond, true},
		"in time":             {"", 100 * time.Millisecond, false},
		"faster than people":  {`,"step_min_seconds":0.4`, 399 * time.Millisecond, true},
		"no limit":            {`,"step_min_seconds":0`, time.Millisecond, false},
		"the clock went back": {"", -time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			p := meet(t, `{"active_liveness":{"interaction_list":["blink"],"interaction_count":1`+c.document+`}}`)
			p.then(straight, schemas.CodeCloseEyes)
			p.pace = c.after
			if c.fails {
				p.failed(blinking, schemas.CodeOpenEyes)
				p.pace = 500 * time.Millisecond
				p.then(straight, schemas.CodeCloseEyes)
				p.then(blinking, schemas.CodeOpenEyes)
				p.then(straight, 0)
				return
			}
			p.then(blinking, schemas.CodeOpenEyes)
			p.then(straight, 0)
		})
	}
}

func TestTooLate(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		wait     time.Duration
		fails    bool
	}{
		"in time":    {"", 9 * time.Second, false},
		"just after": {"", 10*time.Second + time.Millisecond, true},
		"shorter":    {`,"step_timeout_seconds":3`, 3500 * time.Millisecond, true},
		"no limit":   {`,"step_timeout_seconds":0`, time.Hour, false},
	} {
		for _, phase := range []string{"doing it", "coming back", "doing nothing"} {
			t.Run(name+" "+phase, func(t *testing.T) {
				p := meet(t, `{"active_liveness":{"interaction_list":["yaw_left"],"interaction_count":1`+c.document+`}}`)
				p.then(straight, schemas.CodeTurnLeft)
				for _, l := range way[schemas.ActionYawLeft] {
					p.then(l, schemas.CodeTurnLeft)
				}
				last, going := left, int32(schemas.CodeYawStart)
				if phase == "coming back" {
					p.then(left, schemas.CodeYawStart)
					last, going = straight, 0
				}
				if phase == "doing nothing" {
					last, going = straight, schemas.CodeTurnLeft
				}
				p.pace = c.wait
				if c.fails {
					p.failed(last, schemas.CodeYawStart)
				} else {
					p.then(last, going)
				}
			})
		}
	}
}

func TestAnotherActionFailsTheStep(t *testing.T) {
	for action, c := range map[string]struct {
		wrong, fine []look
		rest, ask   int32
	}{
		schemas.ActionBlink:     {[]look{left, right, up, down, {pitch: -25, left: schemas.EyeClosed, right: schemas.EyeClosed}}, []look{winking, halfLeft}, schemas.CodeOpenEyes, schemas.CodeCloseEyes},
		schemas.ActionYawLeft:   {[]look{right}, []look{blinking, up, down, halfLeft, {yaw: 20, pitch: 24}}, schemas.CodeYawStart, schemas.CodeTurnLeft},
		schemas.ActionYawRight:  {[]look{left}, []look{blinking, up, down, halfLeft, {yaw: -20, pitch: -24}}, schemas.CodeYawStart, schemas.CodeTurnRight},
		schemas.ActionPitchUp:   {[]look{down, left, right}, []look{blinking, halfLeft, {yaw: 27, pitch: 15}}, schemas.CodePitchStart, schemas.CodeTurnUp},
		schemas.ActionPitchDown: {[]look{up, left, right}, []look{blinking, halfLeft, {yaw: -27, pitch: -15}}, schemas.CodePitchStart, schemas.CodeTurnDown},
	} {
		for _, wrong := range c.wrong {
			t.Run(fmt.Sprintf("%s %+v", action, wrong), func(t *testing.T) {
				p := asked(t, action)
				p.pace = 500 * time.Millisecond
				p.then(straight, c.ask)
				for _, l := range c.fine {
					p.then(l, c.ask)
				}
				p.failed(wrong, c.rest)
			})
		}
	}
}

// Whoever leaves the picture, or is joined by another, starts the step again, and keeps those already done.
func TestLostFaceResetsTheStep(t *testing.T) {
	for phase, looks := range map[string][]look{"asked": {straight}, "acted": {straight, halfLeft, left}} {
		t.Run(phase, func(t *testing.T) {
			p := meet(t, `{"active_liveness":{"interaction_order":"sequential","interaction_list":["blink","yaw_left"],"interaction_count":2}}`)
			p.pace = schemas.SettleTime
			for _, l := range []look{straight, blinking, straight} {
				p.shows(l)
			}
			for _, l := range looks {
				p.shows(l)
			}
			if p.progress().Phase == atRest {
				t.Fatal("no step under way")
			}
			p.number++ // a frame that the detector failed
			p.lost = p.number
			v := p.shows(left)
			if a := v.GetEstimations().GetActiveLiveness(); a.GetDone() != 1 || v.GetErrors()[0] != schemas.CodeYawStart {
				t.Fatalf("%v asked with %v", a, v.GetErrors())
			}
			// The loss is taken into account once.
			for range maxHold {
				p.shows(straight)
			}
			for _, l := range way[schemas.ActionYawLeft] {
				p.then(l, schemas.CodeTurnLeft)
			}
			p.then(left, schemas.CodeYawStart)
			p.then(straight, 0)
			p.number++
			p.lost = p.number
			p.then(left, 0)
		})
	}
}

func TestLostFaceAtRestCostsNoDraw(t *testing.T) {
	p := asked(t, schemas.ActionYawLeft)
	p.then(unseen, schemas.CodeYawStart)
	p.number++
	p.lost = p.number
	p.then(straight, schemas.CodeTurnLeft)
	if r := p.progress().Round; r != 0 {
		t.Errorf("round %d: nothing was in progress", r)
	}
}

// A head that is here in one frame and there in the next was cut, whatever the rate of frames.
func TestHeadThatJumps(t *testing.T) {
	for name, c := range map[string]struct {
		yaw   float64
		after time.Duration
		fails bool
	}{
		"a quick turn at 10 fps":     {39, 100 * time.Millisecond, false},
		"a jump at 10 fps":           {41, 100 * time.Millisecond, true},
		"a little slower":            {41, 110 * time.Millisecond, false},
		"a quick turn at 5 fps":      {79, 200 * time.Millisecond, false},
		"a jump at 5 fps":            {81, 200 * time.Millisecond, true},
		"a still picture in between": {81, 300 * time.Millisecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := asked(t, schemas.ActionYawLeft)
			p.then(straight, schemas.CodeTurnLeft)
			p.pace = c.after
			if c.fails {
				p.failed(look{yaw: c.yaw}, schemas.CodeYawStart)
			} else {
				p.then(look{yaw: c.yaw}, schemas.CodeYawStart)
				if p.progress().Round != 0 {
					t.Error("the step failed")
				}
			}
		})
	}
	// Between closely spaced frames the measurement's noise is larger than any way: 40 degrees are allowed.
	p := asked(t, schemas.ActionYawLeft)
	p.pace = 5 * time.Millisecond
	p.then(straight, schemas.CodeTurnLeft)
	p.then(look{yaw: 24}, schemas.CodeTurnLeft)
	p.failed(look{yaw: -17}, schemas.CodeYawStart)
}

// How long the rest is held before an action is asked for follows from the seed, and from nothing the client sees.
func TestHoldsAreDrawn(t *testing.T) {
	counts := map[int]int{}
	const sessions = 2000
	for i := range sessions {
		p := asked(t, schemas.ActionYawLeft)
		p.seed, p.pace = []byte{byte(i), byte(i >> 8)}, 50*time.Millisecond
		frames := 1
		for p.shows(straight).GetErrors()[0] != schemas.CodeTurnLeft {
			frames++
		}
		counts[frames]++
		twin := asked(t, schemas.ActionYawLeft)
		twin.seed, twin.pace = p.seed, p.pace
		for n := range frames {
			if asked := twin.shows(straight).GetErrors()[0] == schemas.CodeTurnLeft; asked != (n == frames-1) {
				t.Fatal("one seed, two holds")
			}
		}
	}
	for n := 1; n <= maxHold; n++ {
		if share := float64(counts[n]) / sessions; share < 0.2 || share > 0.3 {
			t.Errorf("held for %d frames in %.2f of the sessions: %v", n, share, counts)
		}
	}
}

func TestHoldIsInterruptedAndEnds(t *testing.T) {
	long := []byte{}
	for i := 0; len(long) == 0; i++ {
		if seed := []byte{byte(i)}; draw(seed, "hold", 0, 0)%maxHold == maxHold-1 {
			long = seed
		}
	}
	p := asked(t, schemas.ActionYawLeft)
	p.seed, p.pace = long, 50*time.Millisecond
	for range 2 { // a look aside starts the count again
		for range maxHold - 1 {
			p.then(straight, schemas.CodeYawStart)
		}
		p.then(halfLeft, schemas.CodeYawStart)
	}
	for range maxHold - 1 {
		p.then(straight, schemas.CodeYawStart)
	}
	p.then(straight, schemas.CodeTurnLeft)

	// A slow camera does not have to give them all.
	p = asked(t, schemas.ActionYawLeft)
	p.seed, p.pace = long, 1100*time.Millisecond
	p.then(straight, schemas.CodeYawStart)
	p.then(straight, schemas.CodeTurnLeft)
}

// After a failure the remaining actions stay the same, in another order.
func TestFailureDrawsAgain(t *testing.T) {
	orders, moved := map[string]int{}, 0
	const sessions = 400
	for i := range sessions {
		p := meet(t, `{}`)
		p.seed = []byte{byte(i), byte(i >> 8), 1}
		p.shows(straight)
		before := p.progress()
		for p.progress().Phase != acting {
			p.shows(straight)
		}
		p.pace = time.Millisecond
		p.shows(straight)
		p.pace = 11 * time.Second
		p.shows(straight)
		after := p.progress()
		if after.Round != 1 {
			t.Fatalf("%+v", after)
		}
		a, b := slices.Sorted(slices.Values(before.Actions)), slices.Sorted(slices.Values(after.Actions))
		if !slices.Equal(a, b) {
			t.Fatalf("asked for %v, then for %v", before.Actions, after.Actions)
		}
		if before.Actions[0] != after.Actions[0] {
			moved++
		}
		orders[fmt.Sprint(after.Actions)]++
	}
	if share := float64(moved) / sessions; share < 0.55 || share > 0.78 {
		t.Errorf("another action comes first in %.2f of the sessions, two thirds expected", share)
	}
	if len(orders) != 60 {
		t.Errorf("%d orders, 60 possible", len(orders))
	}

	p := meet(t, `{"active_liveness":{"interaction_order":"sequential"}}`)
	p.shows(straight)
	p.pace = 11 * time.Second
	p.shows(left)
	if got := p.progress(); got.Round != 1 || !slices.Equal(got.Actions, p.settings.ActiveLiveness.InteractionList[:3]) {
		t.Errorf("%+v", got)
	}
}

func TestProgressOfAnotherSession(t *testing.T) {
	for _, state := range []string{`{"done":4}`, `{"done":-1}`, `{"phase":3}`, `{"actions":["dance"]}`} {
		p := meet(t, `{}`)
		p.state = []byte(state)
		f := &schemas.Face{State: &schemas.SessionState{Seed: p.seed}}
		if _, err := New().Judge(t.Context(), f, workers.State{Own: p.state, Settings: p.settings}); err == nil {
			t.Errorf("%s is believed", state)
		}
	}
}

// A turned picture that takes the place of another is not a turn, however often it comes. It is asked for again, and counts as
// failed only after some tries.
func TestTurnIsSeenOnItsWay(t *testing.T) {
	for action, act := range map[string]look{
		schemas.ActionYawLeft: left, schemas.ActionYawRight: right, schemas.ActionPitchUp: up, schemas.ActionPitchDown: down,
	} {
		t.Run(action, func(t *testing.T) {
			p := asked(t, action)
			for try := range freeMisses + 2 {
				for p.progress().Phase != acting {
					p.shows(straight)
				}
				p.shows(act)
				p.shows(look{yaw: act.yaw * 1.3, pitch: act.pitch * 1.3})
				v := p.shows(straight)
				a := v.GetEstimations().GetActiveLiveness()
				counted := uint32(max(0, try+1-freeMisses))
				if a.GetDone() != 0 || a.GetFailure() != "not_a_turn" || a.GetFailedSteps() != counted || v.GetEnds() != schemas.Outcome_OUTCOME_CONTINUE {
					t.Fatalf("a jump there and back: %v", v)
				}
			}
			for p.progress().Phase != acting {
				p.shows(straight)
			}
			// One pose on the way there and one on the way back are enough: cameras are slow.
			p.shows(way[action][1])
			p.shows(act)
			p.shows(way[action][1])
			p.then(straight, 0)
		})
	}
}

// A head that goes to and fro between two poses is not on its way.
func TestTremblingIsNoWay(t *testing.T) {
	p := asked(t, schemas.ActionYawLeft)
	p.then(straight, schemas.CodeTurnLeft)
	for range 5 {
		p.then(look{yaw: 6}, schemas.CodeTurnLeft)
		p.then(look{yaw: 7}, schemas.CodeTurnLeft)
	}
	p.then(left, schemas.CodeYawStart)
	p.shows(straight)
	if d := p.progress().Done; d != 0 {
		t.Errorf("done %d", d)
	}
}

func TestNodOfATurnedHeadDoesNotCount(t *testing.T) {
	p := asked(t, schemas.ActionPitchUp)
	p.then(straight, schemas.CodeTurnUp)
	p.then(look{pitch: 10, yaw: 12}, schemas.CodeTurnUp)
	p.then(look{pitch: 25, yaw: 22}, schemas.CodeTurnUp)
	p.then(look{pitch: 25, yaw: 12}, schemas.CodePitchStart)
}

func TestFailedStepsEndTheSession(t *testing.T) {
	for document, failures := range map[string]int{"": 4, `,"max_failed_steps":0`: 1, `,"max_failed_steps":null`: 0} {
		p := meet(t, `{"active_liveness":{"interaction_list":["yaw_left"],"interaction_count":1`+document+`}}`)
		for n := 1; n <= 10; n++ {
			p.pace = 300 * time.Millisecond
			for p.progress().Phase != acting {
				p.shows(straight)
			}
			p.pace = 11 * time.Second
			v := p.shows(straight)
			a := v.GetEstimations().GetActiveLiveness()
			if a.GetFailure() != "too_slow" || int(a.GetFailedSteps()) != n {
				t.Fatalf("after failure %d: %v", n, a)
			}
			if ended := v.GetEnds() == schemas.Outcome_OUTCOME_ACTIONS_FAILED; ended != (n == failures) {
				t.Fatalf("%q after failure %d: %v", document, n, v)
			} else if ended {
				if !slices.Equal(v.GetErrors(), []int32{schemas.CodeActionsFailed}) {
					t.Errorf("codes %v", v.GetErrors())
				}
				break
			}
		}
	}
}

func TestProgressIsReported(t *testing.T) {
	p := asked(t, schemas.ActionYawLeft)
	p.pace = time.Second
	for _, c := range []struct {
		look      look
		state     string
		remaining int64
	}{{straight, "act", 10000}, {straight, "act", 9000}, {look{yaw: 8}, "act", 8000}, {look{yaw: 16}, "act", 7000}, {left, "return", 10000}, {left, "return", 9000}, {straight, "done", 0}} {
		if a := p.shows(c.look).GetEstimations().GetActiveLiveness(); a.GetState() != c.state || a.GetRemainingMs() != c.remaining {
			t.Errorf("%+v: %v, want %s with %d ms", c.look, a, c.state, c.remaining)
		}
	}
}
