package streams

import (
	"context"
	"sync"
)

// slots bound how many messages are handled at the same time. Recorded ones wait while a live one does.
type slots struct {
	mu      sync.Mutex
	changed *sync.Cond
	free    int
	live    int // waiting
}

func newSlots(n int) *slots {
	s := &slots{free: n}
	s.changed = sync.NewCond(&s.mu)
	return s
}

// take waits for a slot. It is false when ctx is done first.
func (s *slots) take(ctx context.Context, live bool) bool {
	defer context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed.Broadcast()
	})()
	s.mu.Lock()
	defer s.mu.Unlock()
	if live {
		s.live++
		defer func() { s.live-- }()
	}
	for ctx.Err() == nil && (s.free == 0 || !live && s.live > 0) {
		s.changed.Wait()
	}
	if ctx.Err() != nil {
		return false
	}
	s.free--
	return true
}

func (s *slots) giveBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free++
	s.changed.Broadcast()
}
