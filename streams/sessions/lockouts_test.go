package sessions

import (
	"strconv"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestLockouts(t *testing.T) {
	s := New(streamstest.Connect(t, streamstest.Broker(t, false)))
	rule := LockoutRule{Max: 3, Window: 15 * time.Minute, Lockout: 10 * time.Minute}
	now := time.Now().UTC().Truncate(time.Second)
	n := 0
	fail := func(session string, want time.Duration) {
		t.Helper()
		until, err := s.CountFailure(t.Context(), "address.x", session, rule, now)
		if err != nil || want == 0 && !until.IsZero() || want > 0 && until.Sub(now) != want {
			t.Fatalf("failure %s: locked out until %v, %v, want for %v", session, until, err, want)
		}
	}
	next := func(want time.Duration) {
		t.Helper()
		n++
		fail(strconv.Itoa(n), want)
	}
	next(0)
	fail("1", 0) // counted already
	next(0)
	now = now.Add(16 * time.Minute) // they are forgotten
	next(0)
	next(0)
	next(10 * time.Minute)
	fail(strconv.Itoa(n), 10*time.Minute) // delivered again
	next(0)                               // was under way; does not prolong it
	if until, err := s.LockedUntil(t.Context(), "address.x"); err != nil || until.Sub(now) != 10*time.Minute {
		t.Errorf("locked out until %v, %v", until, err)
	}
	if until, err := s.LockedUntil(t.Context(), "address.y"); err != nil || !until.IsZero() {
		t.Errorf("another is locked out until %v, %v", until, err)
	}
	for _, want := range []time.Duration{20 * time.Minute, 40 * time.Minute, 80 * time.Minute} {
		now = now.Add(want / 2)
		next(0)
		next(0)
		next(want)
	}
}
