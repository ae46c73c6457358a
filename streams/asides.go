package streams

import (
	"sync"
	"time"
)

// asidePause is the time between two log lines of one worker on messages that it could not read: anybody can send such messages.
const asidePause = time.Minute

// asides counts messages that were set aside without a log line. It is safe for concurrent use.
type asides struct {
	mu      sync.Mutex
	workers map[string]*aside
}

type aside struct {
	logged time.Time
	more   int
}

// note reports whether a message that a worker set aside now is logged, and how many were not since the last one that was.
func (a *asides) note(worker string, now time.Time) (more int, logged bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.workers[worker]
	if w == nil {
		w = &aside{}
		a.workers[worker] = w
	}
	if now.Sub(w.logged) < asidePause {
		w.more++
		return 0, false
	}
	more, w.more, w.logged = w.more, 0, now
	return more, true
}
