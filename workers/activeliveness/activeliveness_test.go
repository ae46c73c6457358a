package activeliveness

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
)

// look is one frame as the detector measured it; the zero look is a person looking straight with open eyes.
type look struct {
	yaw, pitch  float64
	left, right string // eyes, open when empty
	noPose      bool
	noEyes      bool
	blurred     bool
}

func (l look) estimations() *schemas.Estimations {
	e := &schemas.Estimations{}
	if !l.noPose {
		e.HeadPose = &schemas.HeadPose{Yaw: l.yaw, Pitch: l.pitch}
	}
	if !l.noEyes {
		open := func(s string) string {
			if s == "" {
				return schemas.EyeOpen
			}
			return s
		}
		e.Eyes = &schemas.Eyes{Left: open(l.left), Right: open(l.right)}
	}
	if l.blurred {
		e.ImageQuality = &schemas.ImageQuality{Blur: 0.1}
	}
	return e
}

var (
	straight = look{}
	blinking = look{left: schemas.EyeClosed, right: schemas.EyeClosed}
	winking  = look{left: schemas.EyeClosed}
	left     = look{yaw: 30}
	right    = look{yaw: -30}
	up       = look{pitch: 25}
	down     = look{pitch: -25}
	halfLeft = look{yaw: 15}
	way      = map[string][]look{ // to the pose of an action
		schemas.ActionYawLeft: {{yaw: 8}, {yaw: 17}}, schemas.ActionYawRight: {{yaw: -8}, {yaw: -17}},
		schemas.ActionPitchUp: {{pitch: 8}, {pitch: 15}}, schemas.ActionPitchDown: {{pitch: -8}, {pitch: -15}},
	}
	unseen = look{noPose: true, noEyes: true}
)

// person does one look after another in one session.
type person struct {
	eyes     []byte
	t        *testing.T
	settings *schemas.Settings
	state    []byte
	seed     []byte
	now      time.Time
	pace     time.Duration // between two looks
	number   uint64        // of the last frame
	lost     uint64        // number of the last frame without exactly one face
}

// plain is a seed with which every first try, and every first try after a failure, requests its action after a single frame at rest.
var plain = sync.OnceValue(func() []byte {
	for i := uint32(0); ; i++ {
		seed := binary.BigEndian.AppendUint32(nil, i)
		held := uint64(0)
		for n := range uint32(3) {
			held += draw(seed, "hold", 0, n)%maxHold + draw(seed, "hold", n+1, 0)%maxHold
		}
		if held == 0 {
			return seed
		}
	}
})

func meet(t *testing.T, document string) *person {
	t.Helper()
	s, err := schemas.ParseSettings([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return &person{t: t, settings: s, seed: plain(), now: time.Unix(1_800_000_000, 0), pace: 300 * time.Millisecond}
}

func asked(t *testing.T, action string) *person {
	t.Helper()
	return meet(t, `{"active_liveness":{"interaction_list":["`+action+`"],"interaction_count":1}}`)
}

func (p *person) shows(l look) *schemas.Verdict {
	p.t.Helper()
	p.now, p.number = p.now.Add(p.pace), p.number+1
	f := &schemas.Face{
		Name: &schemas.FrameName{Sequence: p.number}, ReceivedUnixNanos: p.now.UnixNano(),
		State: &schemas.SessionState{Seed: p.seed, FaceLost: p.lost}, Estimations: l.estimations(), Eyes: p.eyes,
	}
	v, err := New().Judge(context.Background(), f, workers.State{Own: p.state, Settings: p.settings})
	if err != nil {
		p.t.Fatal(err)
	}
	p.state = v.GetState()
	return v
}

// then shows a look and checks the action requested next; 0 means that all are done.
func (p *person) then(l look, code int32) {
	p.t.Helper()
	v := p.shows(l)
	if code == 0 {
		if v.GetPending() || len(v.GetErrors()) != 0 || len(v.GetWaiveNext()) != 0 {
			p.t.Fatalf("after %+v: pending %v, codes %v, waived %v; want nothing more", l, v.GetPending(), v.GetErrors(), v.GetWaiveNext())
		}
		return
	}
	if !v.GetPending() || !slices.Equal(v.GetErrors(), []int32{code}) || !slices.Equal(v.GetWaiveNext(), waivedFor(v.GetEstimations().GetActiveLiveness().GetAction())) {
		p.t.Fatalf("after %+v: pending %v, codes %v, waived %v; want code %d with pose and eyes waived", l, v.GetPending(), v.GetErrors(), v.GetWaiveNext(), code)
	}
}

func TestPhasesOfEveryAction(t *testing.T) {
	for action, c := range map[string]struct {
		act       look
		rest, ask int32
	}{
		schemas.ActionBlink:     {blinking, schemas.CodeOpenEyes, schemas.CodeCloseEyes},
		schemas.ActionYawLeft:   {left, schemas.CodeYawStart, schemas.CodeTurnLeft},
		schemas.ActionYawRight:  {right, schemas.CodeYawStart, schemas.CodeTurnRight},
		schemas.ActionPitchUp:   {up, schemas.CodePitchStart, schemas.CodeTurnUp},
		schemas.ActionPitchDown: {down, schemas.CodePitchStart, schemas.CodeTurnDown},
	} {
		t.Run(action, func(t *testing.T) {
			p := asked(t, action)
			// Whoever begins in the middle of it has to come to rest first.
			if action == schemas.ActionBlink {
				p.then(c.act, c.rest)
				p.then(c.act, c.rest)
			}
			p.then(straight, c.ask)
			p.then(straight, c.ask)
			p.then(unseen, c.ask)
			for _, l := range way[action] {
				p.then(l, c.ask)
			}
			p.then(c.act, c.rest)
			p.then(c.act, c.rest)
			p.then(unseen, c.rest)
			p.then(straight, 0)
			// Done is done.
			p.then(c.act, 0)
		})
	}
}

func TestCodesAreThoseOfTheProtocol(t *testing.T) {
	for name, c := range map[string][2]int32{
		schemas.ActionBlink: {61, 62}, schemas.ActionYawRight: {63, 64}, schemas.ActionYawLeft: {63, 65},
		schemas.ActionPitchUp: {66, 67}, schemas.ActionPitchDown: {66, 68},
	} {
		if got := asks[name]; got.rest != c[0] || got.act != c[1] {
			t.Errorf("%s asks with %v, want %v", name, got, c)
		}
	}
}

func TestHalfATurnDoesNotCount(t *testing.T) {
	p := asked(t, schemas.ActionYawLeft)
	p.then(straight, schemas.CodeTurnLeft)
	p.then(halfLeft, schemas.CodeTurnLeft)
	p.then(look{yaw: 25}, schemas.CodeTurnLeft) // beyond the threshold, not at it
	p.then(left, schemas.CodeYawStart)
	p.then(halfLeft, schemas.CodeYawStart)
	p.then(look{yaw: 10}, schemas.CodeYawStart)
	p.then(look{yaw: 9}, 0)
}

// With a low camera, a nod is measured from the pose in which the person looks straight.
func TestNeutralPose(t *testing.T) {
	p := asked(t, schemas.ActionPitchDown)
	p.then(look{pitch: 14}, schemas.CodeTurnDown) // at rest: this is how the person looks
	p.then(look{pitch: 5}, schemas.CodeTurnDown)
	p.then(look{pitch: -5}, schemas.CodeTurnDown)
	p.then(look{pitch: -7}, schemas.CodePitchStart)
	p.then(look{pitch: 12}, 0)

	p = asked(t, schemas.ActionYawRight)
	p.then(look{yaw: -40}, schemas.CodeYawStart) // no neutral pose is that far off: 15 degrees are believed
	p.then(look{yaw: -18}, schemas.CodeTurnRight)
	p.then(look{yaw: -28}, schemas.CodeTurnRight)
	p.then(look{yaw: -39}, schemas.CodeTurnRight)
	p.then(look{yaw: -41}, schemas.CodeYawStart)
	p.then(look{yaw: -15}, 0)

	// Not measured at first is not neutral at zero.
	p = asked(t, schemas.ActionPitchUp)
	p.then(unseen, schemas.CodePitchStart)
	p.then(look{pitch: 12}, schemas.CodeTurnUp)
	p.then(look{pitch: 31}, schemas.CodeTurnUp)
	p.then(look{pitch: 33}, schemas.CodePitchStart)
}

func TestOneEye(t *testing.T) {
	p := asked(t, schemas.ActionBlink)
	p.then(winking, schemas.CodeOpenEyes)
	p.then(straight, schemas.CodeCloseEyes)
	p.then(winking, schemas.CodeCloseEyes)
	p.then(blinking, schemas.CodeOpenEyes)
	p.then(winking, schemas.CodeOpenEyes)
	p.then(straight, 0)

	const oneEye = `{"session":{"accept_one_eye_open":true},"active_liveness":{"interaction_list":["blink"],"interaction_count":1}}`
	p = meet(t, oneEye)
	p.then(winking, schemas.CodeCloseEyes)
	p.then(winking, schemas.CodeCloseEyes) // the open eye must close
	p.then(blinking, schemas.CodeOpenEyes)
	p.then(winking, 0)

	// An eye under a patch is never seen; the other one blinks.
	p = meet(t, oneEye)
	p.then(look{left: schemas.EyeOccluded}, schemas.CodeCloseEyes)
	p.then(look{left: schemas.EyeOccluded, right: schemas.EyeClosed}, schemas.CodeOpenEyes)
	p.then(look{left: schemas.EyeOccluded}, 0)

	// An occluded eye is neither open nor closed.
	patch := look{left: schemas.EyeOccluded}
	p = asked(t, schemas.ActionBlink)
	p.then(patch, schemas.CodeOpenEyes)
	p.then(straight, schemas.CodeCloseEyes)
	p.then(look{left: schemas.EyeOccluded, right: schemas.EyeClosed}, schemas.CodeCloseEyes)
}

func TestActionsInTurn(t *testing.T) {
	p := meet(t, `{"active_liveness":{"interaction_order":"sequential","interaction_list":["yaw_left","blink","pitch_up"],"interaction_count":3}}`)
	done := func(v *schemas.Verdict, n uint32, action string) {
		t.Helper()
		if a := v.GetEstimations().GetActiveLiveness(); a.GetDone() != n || a.GetTotal() != 3 || a.GetAction() != action {
			t.Fatalf("progress %v, want %d of 3 and then %q", a, n, action)
		}
	}
	p.pace = schemas.SettleTime
	done(p.shows(straight), 0, schemas.ActionYawLeft)
	for _, l := range way[schemas.ActionYawLeft] {
		p.shows(l)
	}
	done(p.shows(left), 0, schemas.ActionYawLeft)
	done(p.shows(straight), 1, schemas.ActionBlink)
	done(p.shows(blinking), 1, schemas.ActionBlink) // not yet seen with open eyes since it was asked
	done(p.shows(straight), 1, schemas.ActionBlink)
	done(p.shows(blinking), 1, schemas.ActionBlink)
	done(p.shows(straight), 2, schemas.ActionPitchUp)
	done(p.shows(straight), 2, schemas.ActionPitchUp)
	for _, l := range way[schemas.ActionPitchUp] {
		p.shows(l)
	}
	done(p.shows(up), 2, schemas.ActionPitchUp)
	v := p.shows(straight)
	done(v, 3, "")
	if v.GetPending() {
		t.Error("still pending")
	}
}

// A photograph never gets through, however it is held.
func TestPhotograph(t *testing.T) {
	for _, photo := range []look{straight, blinking, winking, left, right, up, down, halfLeft, unseen, {yaw: 30, pitch: -25, left: schemas.EyeClosed}} {
		for _, action := range []string{schemas.ActionBlink, schemas.ActionYawLeft, schemas.ActionYawRight, schemas.ActionPitchUp, schemas.ActionPitchDown} {
			p := asked(t, action)
			for range 50 {
				if v := p.shows(photo); !v.GetPending() && v.GetEnds() == schemas.Outcome_OUTCOME_CONTINUE || v.GetEstimations().GetActiveLiveness().GetDone() != 0 {
					t.Fatalf("%+v passes for %s", photo, action)
				}
			}
		}
	}
}

func TestSwitchedOff(t *testing.T) {
	p := meet(t, `{"active_liveness":{"is_enabled":false}}`)
	v := p.shows(straight)
	if v.GetPending() || len(v.GetErrors()) != 0 || v.GetState() != nil || v.GetEstimations().GetActiveLiveness() != nil {
		t.Errorf("says %v", v)
	}
}

func TestForeignState(t *testing.T) {
	p := asked(t, schemas.ActionBlink)
	_, err := New().Judge(context.Background(), &schemas.Face{}, workers.State{Own: []byte("{"), Settings: p.settings})
	if err == nil || streams.FaultOf(err) != streams.Input {
		t.Errorf("got %v (%v), want the input's fault", err, streams.FaultOf(err))
	}
}

// Every action is as likely as any other in every place, and nothing but the seed decides.
func TestActionsAreDrawnFairly(t *testing.T) {
	s := &schemas.DefaultSettings().ActiveLiveness
	const sessions = 5000
	counts := map[string][]int{}
	for i := range sessions {
		seed := []byte{byte(i), byte(i >> 8), 7}
		got := Actions(seed, s)
		if len(got) != 3 {
			t.Fatalf("%d actions, want 3", len(got))
		}
		for place, action := range got {
			if slices.Contains(got[:place], action) {
				t.Fatalf("%v requests one action twice", got)
			}
			if counts[action] == nil {
				counts[action] = make([]int, 3)
			}
			counts[action][place]++
		}
		if !slices.Equal(got, Actions(seed, s)) {
			t.Fatal("one seed, two orders")
		}
	}
	expected := float64(sessions) / float64(len(s.InteractionList))
	deviation := math.Sqrt(expected * (1 - 1/float64(len(s.InteractionList))))
	for _, action := range s.InteractionList {
		for place, n := range counts[action] {
			if off := math.Abs(float64(n)-expected) / deviation; off > 4 {
				t.Errorf("%s comes %d times in place %d, %.0f expected (%.1f standard deviations off)", action, n, place+1, expected, off)
			}
		}
	}
	if list := schemas.DefaultSettings().ActiveLiveness.InteractionList; !slices.Equal(s.InteractionList, list) {
		t.Errorf("the settings were shuffled: %v", s.InteractionList)
	}
}

func TestActionsInOrder(t *testing.T) {
	s := schemas.DefaultSettings().ActiveLiveness
	s.InteractionOrder, s.InteractionCount = "sequential", 2
	for _, seed := range []string{"a", "b"} {
		if got := Actions([]byte(seed), &s); !slices.Equal(got, s.InteractionList[:2]) {
			t.Errorf("%v", got)
		}
	}
}

// Sunglasses hide a blink: they are asked to take them off, instead of being asked to blink until time is up.
func TestSunglassesFailWhileABlinkIsRequested(t *testing.T) {
	for action, want := range map[string]bool{schemas.ActionBlink: false, schemas.ActionYawLeft: true, schemas.ActionPitchUp: true} {
		if got := slices.Contains(asked(t, action).shows(straight).GetWaiveNext(), schemas.CodeSunglasses); got != want {
			t.Errorf("%s: sunglasses are waived: %v", action, got)
		}
	}
}
