package api

import (
	"sync"
	"time"

	"github.com/selene-liveness/selene/streams/backoff"
)

// backOff makes a key wait after some attempts, twice as long after each. It is safe for concurrent use.
type backOff struct {
	mu   sync.Mutex
	keys map[string]attempts
}

// attempts are those of a key, and the time before which it makes no other.
type attempts struct {
	count int
	until time.Time
}

const (
	freeTries  = 10
	longWait   = 15 * time.Minute // also how long attempts are remembered after the wait
	maxBackOff = 10_000           // keys
)

var waits = backoff.Policy{First: 2 * time.Second, Most: longWait}

func newBackOff() *backOff { return &backOff{keys: map[string]attempts{}} }

// take counts an attempt and returns 0, or returns how long the key has to wait.
func (b *backOff) take(key string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	a, known := b.keys[key]
	if now.Sub(a.until) > longWait {
		a = attempts{}
	}
	if wait := a.until.Sub(now); wait > 0 {
		return wait
	}
	if !known && len(b.keys) >= maxBackOff {
		for other := range b.keys { // any: refusing all others would let one client lock everybody out
			delete(b.keys, other)
			break
		}
	}
	a.count++
	a.until = now
	if more := a.count - freeTries; more >= 0 {
		a.until = now.Add(waits.Delay(more + 1))
	}
	b.keys[key] = a
	return 0
}

// undo takes back an attempt that was not made.
func (b *backOff) undo(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a, known := b.keys[key]; known {
		b.keys[key] = attempts{a.count - 1, time.Now()}
	}
}

// forget removes the attempts of a key.
func (b *backOff) forget(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.keys, key)
}
