package streams

import (
	"context"
	"testing"
)

func TestLiveMessagesGoFirst(t *testing.T) {
	s := newSlots(1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if !s.take(ctx, false) {
		t.Fatal("a free slot was not given")
	}
	took := make(chan string, 2)
	wait := func(live bool, name string) {
		if s.take(ctx, live) {
			took <- name
		}
	}
	go wait(false, "run")
	go wait(true, "live")
	for waiting := 0; waiting == 0; {
		s.mu.Lock()
		waiting = s.live
		s.mu.Unlock()
	}
	s.giveBack()
	if first := <-took; first != "live" {
		t.Fatalf("%s went first", first)
	}
	s.giveBack()
	if second := <-took; second != "run" {
		t.Fatalf("%s went second", second)
	}
	cancel()
	if s.take(ctx, true) {
		t.Fatal("a slot was given to one who does not wait any more")
	}
}
