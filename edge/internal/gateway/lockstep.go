package gateway

import "sync"

// mostEarly is how many of the frames that came too early during one other are answered. More answers at once would fill the queue of
// a client that reads well.
const mostEarly = outgoing / 2

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
		l.early = min(l.early+1, mostEarly)
		return false
	}
	l.busy = true
	return true
}

// end admits the next frame and returns how many that came too early are to be answered.
func (l *lockstep) end() (early int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	early, l.early, l.busy = l.early, 0, false
	return early
}
