package activeliveness

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/samepicture"
)

// pattern returns eyes that look like no others.
func pattern(seed uint64) []byte {
	r, out := rand.New(rand.NewPCG(seed, 1)), make([]byte, samepicture.Size)
	for i := range out {
		out[i] = uint8(r.UintN(256))
	}
	return out
}

// turns shows looks with other eyes than before and after.
func (p *person) turns(eyes []byte, looks ...look) {
	before := p.eyes
	p.eyes = eyes
	for _, l := range looks {
		p.shows(l)
	}
	p.eyes = before
}

// A photo that is bent for each action shows its own eyes again afterwards.
func TestOnePictureFailsEveryStep(t *testing.T) {
	p := meet(t, `{"active_liveness":{"interaction_order":"sequential","interaction_list":["yaw_left","yaw_right"],"interaction_count":2}}`)
	p.eyes = pattern(1)
	p.then(straight, schemas.CodeTurnLeft)
	for failed := uint32(1); failed <= 4; failed++ {
		for p.progress().Phase != acting {
			p.shows(straight)
		}
		p.turns(pattern(9), append(way[schemas.ActionYawLeft], left)...)
		p.then(straight, schemas.CodeYawStart)
		v := p.shows(straight)
		a := v.GetEstimations().GetActiveLiveness()
		if a.GetFailure() != "same_picture" || a.GetDone() != 0 || a.GetFailedSteps() != failed {
			t.Fatalf("try %d: %+v, want the step to fail as the same picture", failed, a)
		}
		if ends := v.GetEnds() == schemas.Outcome_OUTCOME_ACTIONS_FAILED; ends != (failed == 4) {
			t.Fatalf("try %d: ends %v", failed, v.GetEnds())
		}
	}
}

// The frames after the last action fill the window, and are compared as well.
func TestOnePictureAfterTheLastAction(t *testing.T) {
	p := asked(t, schemas.ActionYawLeft)
	p.eyes = pattern(1)
	p.then(straight, schemas.CodeTurnLeft)
	p.turns(pattern(9), append(way[schemas.ActionYawLeft], left)...)
	p.eyes = pattern(2)
	p.then(straight, 0)
	p.eyes = pattern(1)
	p.then(straight, 0) // people look once as before
	p.failed(straight, schemas.CodeYawStart)
	if p.progress().Done != 0 {
		t.Fatal("the action counts")
	}
}

// A picture that fades back into the first one is not at rest as soon as the head looks straight.
func TestPictureThatFades(t *testing.T) {
	p := meet(t, `{"active_liveness":{"interaction_order":"sequential","interaction_list":["yaw_left","yaw_right"],"interaction_count":2}}`)
	p.eyes = pattern(1)
	p.then(straight, schemas.CodeTurnLeft)
	p.turns(pattern(9), append(way[schemas.ActionYawLeft], left)...)
	p.pace = schemas.SettleTime / 5
	for i := range 3 {
		p.eyes = pattern(uint64(20 + i))
		p.then(straight, schemas.CodeYawStart)
	}
	p.eyes = pattern(1)
	p.then(straight, schemas.CodeYawStart)
	p.failed(straight, schemas.CodeYawStart)
	if p.progress().Done != 0 {
		t.Fatal("the action counts")
	}
}

// Cameras blur a head that turns: one sharp frame on the way is enough, and needed.
func TestBlurredTurn(t *testing.T) {
	blurred := func(l look) look { l.blurred = true; return l }
	for name, c := range map[string]struct {
		looks []look
		fails string
	}{
		"all sharp":   {[]look{{yaw: 8}, {yaw: 17}, left}, ""},
		"one sharp":   {[]look{blurred(look{yaw: 8}), {yaw: 17}, blurred(left)}, ""},
		"all blurred": {[]look{blurred(look{yaw: 8}), blurred(look{yaw: 17}), blurred(left)}, "not_a_turn"},
	} {
		t.Run(name, func(t *testing.T) {
			p := asked(t, schemas.ActionYawLeft)
			p.eyes = pattern(1)
			v := p.shows(straight)
			if !slices.Contains(v.GetWaiveNext(), schemas.CodeBlurred) {
				t.Errorf("blurred frames are refused: waived %v", v.GetWaiveNext())
			}
			p.turns(pattern(9), c.looks...)
			p.eyes = pattern(2)
			if a := p.shows(straight).GetEstimations().GetActiveLiveness(); a.GetFailure() != c.fails {
				t.Errorf("%+v, want failure %q", a, c.fails)
			}
		})
	}
}

func TestLivingEyesChange(t *testing.T) {
	p := meet(t, `{"active_liveness":{"interaction_order":"sequential","interaction_list":["yaw_left","yaw_right","pitch_up"],"interaction_count":3}}`)
	p.eyes = pattern(1)
	p.then(straight, schemas.CodeTurnLeft)
	for i := range 3 {
		for p.progress().Phase != acting {
			p.eyes = pattern(uint64(2 + i))
			p.shows(straight)
		}
		p.turns(pattern(9), append(way[p.settings.ActiveLiveness.InteractionList[i]], []look{left, right, up}[i])...)
		p.eyes = pattern(uint64(20 + i))
		if a := p.shows(straight).GetEstimations().GetActiveLiveness(); a.GetDone() != uint32(i+1) {
			t.Fatalf("action %d: %+v", i, a)
		}
	}
	// Somebody looks once as before.
	p.eyes = pattern(1)
	p.then(straight, 0)
}

func TestBentPicture(t *testing.T) {
	for name, c := range map[string]struct {
		action string
		last   look
		eyes   []byte
		fails  bool
	}{
		"a turn with the eyes of the rest": {schemas.ActionYawLeft, left, pattern(1), true},
		"a turn with other eyes":           {schemas.ActionYawLeft, left, pattern(9), false},
		"a face without a mesh":            {schemas.ActionYawLeft, left, nil, false},
		"a nod with the eyes of the rest":  {schemas.ActionPitchUp, up, pattern(1), false},
	} {
		t.Run(name, func(t *testing.T) {
			p := asked(t, c.action)
			p.eyes = pattern(1)
			p.shows(straight)
			p.turns(c.eyes, append(way[c.action], c.last)...)
			p.eyes = pattern(2)
			a := p.shows(straight).GetEstimations().GetActiveLiveness()
			if want := map[bool]string{true: "bent_picture"}[c.fails]; a.GetFailure() != want || (a.GetDone() == 0) != c.fails {
				t.Errorf("%+v, want failure %q", a, want)
			}
		})
	}
}
