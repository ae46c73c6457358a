package video

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestSessionsGoBeforeExports(t *testing.T) {
	g := newGate(1)
	ctx := streamstest.Context(t, 10*time.Second)
	if err := g.enter(ctx, exports); err != nil {
		t.Fatal(err)
	}
	waits := func(want int) {
		t.Helper()
		streamstest.Eventually(t, 5*time.Second, func() error {
			g.mu.Lock()
			defer g.mu.Unlock()
			if n := len(g.waiting[sessions]) + len(g.waiting[exports]); n != want {
				return fmt.Errorf("%d wait, want %d", n, want)
			}
			return nil
		})
	}
	order := make(chan kind, 4)
	for n, k := range []kind{exports, sessions, exports, sessions} {
		go func() {
			if g.enter(ctx, k) == nil {
				order <- k
				g.leave()
			}
		}()
		waits(n + 1)
	}
	given, giveUp := context.WithCancel(ctx)
	left := make(chan error)
	go func() { left <- g.enter(given, sessions) }()
	waits(5)
	giveUp()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up: %v", err)
	}
	g.leave()
	for n, want := range []kind{sessions, sessions, exports, exports} {
		if got := <-order; got != want {
			t.Errorf("turn %d went to the %v", n, got)
		}
	}
	// The room of the one that gave up is not lost.
	if err := g.enter(ctx, exports); err != nil {
		t.Error(err)
	}
}

func TestRoomWaitsUntilThereIsSome(t *testing.T) {
	g := newGate(1)
	ctx := streamstest.Context(t, 10*time.Second)
	if err := g.enter(ctx, sessions); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { g.room(exports)(ctx); close(done) }()
	streamstest.Eventually(t, 5*time.Second, func() error {
		g.mu.Lock()
		defer g.mu.Unlock()
		if len(g.waiting[exports]) != 1 {
			return errors.New("nobody waits")
		}
		return nil
	})
	g.leave()
	<-done
	if err := g.enter(ctx, exports); err != nil || g.free != 0 {
		t.Errorf("asking for room took it: %v, %d free", err, g.free)
	}
}

func TestSteps(t *testing.T) {
	start := time.Unix(0, 0)
	s := steps{at: start}
	for n, c := range []struct {
		percent int
		after   time.Duration
		due     bool
	}{
		{50, 500 * time.Millisecond, false},
		{9, 2 * time.Second, false},
		{12, 2 * time.Second, true},
		{19, 4 * time.Second, false},
		{20, 4 * time.Second, true},
		{99, 4500 * time.Millisecond, false},
		{99, 5 * time.Second, true},
	} {
		if got := s.due(c.percent, start.Add(c.after)); got != c.due {
			t.Errorf("step %d: due %v", n, got)
		}
	}
}

func TestCut(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	for name, c := range map[string]struct {
		cut  cut
		want string
	}{
		"all":                  {cut{}, "[0 1 2 3 4 5]"},
		"from":                 {cut{from: at(2)}, "[2 3 4 5]"},
		"to":                   {cut{to: at(2)}, "[0 1]"},
		"from to":              {cut{from: at(2), to: at(4)}, "[2 3]"},
		"duration":             {cut{duration: 2 * time.Second}, "[0 1]"},
		"from and duration":    {cut{from: at(3), duration: 2 * time.Second}, "[3 4]"},
		"from before, lasting": {cut{from: at(-2), duration: 3 * time.Second}, "[0]"},
	} {
		var got []int
		for s := range 6 {
			if c.cut.wants(at(s)) {
				got = append(got, s)
			}
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}
