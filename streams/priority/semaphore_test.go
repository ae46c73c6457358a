package priority_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/selene-liveness/selene/streams/priority"
)

// waits returns when n of a class wait.
func waits(s *priority.Semaphore, c priority.Class, n int) {
	for s.Waiting(c) != n {
		runtime.Gosched()
	}
}

func TestUrgentCallersGoFirst(t *testing.T) {
	s := priority.NewSemaphore(1)
	if err := s.Acquire(t.Context(), priority.Background); err != nil {
		t.Fatal(err)
	}
	type turn struct {
		class priority.Class
		n     int
	}
	order := make(chan turn, 4)
	for n, c := range []priority.Class{priority.Background, priority.Urgent, priority.Background, priority.Urgent} {
		go func() {
			if s.Acquire(t.Context(), c) == nil {
				order <- turn{c, n}
				s.Release()
			}
		}()
		waits(s, c, n/2+1)
	}
	s.Release()
	for _, want := range []turn{{priority.Urgent, 1}, {priority.Urgent, 3}, {priority.Background, 0}, {priority.Background, 2}} {
		if got := <-order; got != want {
			t.Errorf("%v acquired the slot, want %v", got, want)
		}
	}
}

func TestCancelledWaitLosesNoSlot(t *testing.T) {
	s := priority.NewSemaphore(0) // at least one
	if err := s.Acquire(t.Context(), priority.Urgent); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { left <- s.Acquire(ctx, priority.Urgent) }()
	waits(s, priority.Urgent, 1)
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) || s.Waiting(priority.Urgent) != 0 {
		t.Errorf("gave up with %v, %d still wait", err, s.Waiting(priority.Urgent))
	}
	s.Release()
	if err := s.Acquire(ctx, priority.Urgent); !errors.Is(err, context.Canceled) || s.Free() != 1 {
		t.Errorf("a context that is done got a slot: %v, %d free", err, s.Free())
	}
}
