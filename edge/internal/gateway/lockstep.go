package gateway

import "sync"

// lockstep admits one frame at a time, and counts those that came too early: they are answered after the frame that they collided
// with, so that replies have the order of their frames. It is safe for concurrent use.
type lockstep struct {
	mu    sync.Mutex
	busy  bool
	early int
}

// begin reports whether a frame may be judged.
func (l *lockstep) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		l.early++
		return false
	}
	l.busy = true
	return true
}

// end admits the next frame and returns how many came too early.
func (l *lockstep) end() (early int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	early, l.early, l.busy = l.early, 0, false
	return early
}
