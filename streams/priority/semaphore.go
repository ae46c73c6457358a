// Package priority bounds how much work runs at the same time, and lets urgent work go first.
package priority

import (
	"context"
	"slices"
	"sync"
)

// Class is the urgency of a piece of work.
type Class int

// The classes, the most urgent first.
const (
	Urgent Class = iota
	Background
	classes
)

// Semaphore is a fixed number of slots. A slot that is released goes to the longest waiter of the most urgent class that
// has one. It is safe for concurrent use.
type Semaphore struct {
	mu      sync.Mutex
	free    int // 0 while anybody waits
	waiting [classes][]chan struct{}
}

// NewSemaphore returns a semaphore with size free slots, at least one.
func NewSemaphore(size int) *Semaphore { return &Semaphore{free: max(size, 1)} }

// Acquire waits for a slot. It returns the error of ctx, and takes no slot, if ctx is done first. A slot that was acquired
// must be released once.
func (s *Semaphore) Acquire(ctx context.Context, c Class) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.free > 0 {
		s.free--
		s.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	s.waiting[c] = append(s.waiting[c], turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	if !s.withdraw(c, turn) { // the slot came at the same moment
		s.Release()
	}
	return ctx.Err()
}

// withdraw reports whether turn was still waiting.
func (s *Semaphore) withdraw(c Class, turn chan struct{}) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.waiting[c], turn)
	if i < 0 {
		return false
	}
	s.waiting[c] = slices.Delete(s.waiting[c], i, i+1)
	return true
}

// Release frees a slot.
func (s *Semaphore) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.waiting {
		if len(s.waiting[c]) > 0 {
			close(s.waiting[c][0])
			s.waiting[c] = s.waiting[c][1:]
			return
		}
	}
	s.free++
}

// Free returns the number of slots that Acquire would return without waiting.
func (s *Semaphore) Free() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.free
}

// Waiting returns the number of waiters of a class.
func (s *Semaphore) Waiting(c Class) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting[c])
}
