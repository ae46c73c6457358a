package replay

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

func TestUnplayableLibrary(t *testing.T) {
	empty, broken := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "clip.mp4"), []byte("no video"), 0o600); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{empty: "has no clips", broken: "clip.mp4", filepath.Join(empty, "gone"): "open library"} {
		_, err := Run(t.Context(), Options{Source: dir, URL: "ws://127.0.0.1:1/ws", Act: scripted{}, Attack: true})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", dir, err, want)
		}
	}
}

// TestAttackerCutsToTheRequestedAction: an attacker with a recording of every action performs them all, and lets the recordings run.
func TestAttackerCutsToTheRequestedAction(t *testing.T) {
	script := person(0)
	a := actorOf(t, script)
	for i := range a.cast.stills { // three recordings
		a.cast.stills[i].clip = i / 70
	}
	e := &examiner{steps: append([]int{}, allActions...)}
	x := &attacker{actor: a}
	reply, cuts, sent, last := Reply{}, 0, 0, -1
	for ; len(e.steps) > 0 && sent < 200; sent++ {
		at := x.pick(reply)
		if at != last+1 && last >= 0 {
			cuts++
			if to, from := script[at], script[last]; abs(to.Yaw-from.Yaw) > 25 || abs(to.Pitch-from.Pitch) > 25 {
				t.Errorf("cut from picture %d to %d: the head jumps from %.0f, %.0f to %.0f, %.0f", last, at, from.Yaw, from.Pitch, to.Yaw, to.Pitch)
			}
		}
		last = at
		reply = Reply{Errors: []int{e.judge(script[at], 0)}}
	}
	if len(e.steps) > 0 {
		t.Errorf("still to do: %v", e.steps)
	}
	if cuts > 2*len(allActions) || cuts < 3 {
		t.Errorf("%d cuts in %d frames for %d requests", cuts, sent, len(allActions))
	}
}

// TestReactionTime: a person takes time to begin a requested action, but none to look straight.
func TestReactionTime(t *testing.T) {
	a := actorOf(t, person(0))
	a.delay, a.fast = 300*time.Millisecond, true
	next := a.pacedBy(&fakeClock{})
	for i, c := range []struct {
		request int
		wait    time.Duration
	}{
		{0, 0},
		{schemas.CodeYawStart, 0},
		{schemas.CodeTurnLeft, a.delay},
		{schemas.CodeTurnLeft, 0},
		{schemas.CodeYawStart, 0},
		{schemas.CodeOpenEyes, 0},
		{schemas.CodeCloseEyes, a.delay},
		{schemas.CodeOpenEyes, 0},
	} {
		f, err := next(Reply{Errors: []int{c.request}})
		if err != nil || f.wait != c.wait {
			t.Errorf("frame %d, asked for %d: waits %v (%v), want %v", i, c.request, f.wait, err, c.wait)
		}
	}
}
