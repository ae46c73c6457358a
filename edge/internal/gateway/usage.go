package gateway

import (
	"math"
	"sync"
	"time"
)

// What clients did longer ago counts less, by half after each of these times.
const (
	paceHalfLife = 15 * time.Second
	workHalfLife = 5 * time.Minute
)

// usage is how one client has used the service lately. Methods may be called by any goroutine.
type usage struct {
	mu  sync.Mutex
	now func() time.Time
	at  time.Time // of the sums

	sockets, asking, working int // open sockets; frames without a reply; those of them that are being judged

	// Seconds, of each socket or frame, that count less the older they are.
	present, asked, worked float64
}

func newUsage(now func() time.Time) *usage { return &usage{now: now, at: now()} }

// change adds to the numbers of sockets and frames.
func (u *usage) change(sockets, asking, working int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.advance()
	u.sockets += sockets
	u.asking += asking
	u.working += working
}

// advance brings the sums up to date.
func (u *usage) advance() {
	now := u.now()
	passed := now.Sub(u.at)
	u.at = now
	add := func(sum *float64, count int, halfLife time.Duration) {
		kept := math.Exp2(-passed.Seconds() / halfLife.Seconds())
		*sum = *sum*kept + float64(count)*(1-kept)*halfLife.Seconds()/math.Ln2
	}
	add(&u.present, u.sockets, paceHalfLife)
	add(&u.asked, u.asking, paceHalfLife)
	add(&u.worked, u.working, workHalfLife)
}

const (
	paceSteps   = 20
	paceBenefit = 1 // seconds for which everybody is taken to have asked for nothing
)

// rank is the place of a frame in the line.
type rank struct {
	pace   int     // the part of the time during which the client waits for replies, in steps: who pauses goes first
	worked float64 // seconds of work for the client lately: then who had less
}

// rank returns the place of the client's next frame.
func (u *usage) rank() rank {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.advance()
	return rank{int(paceSteps * u.asked / (u.present + paceBenefit)), u.worked}
}

// before reports whether a frame goes before one that came earlier.
func (r rank) before(earlier rank) bool {
	return r.pace < earlier.pace || r.pace == earlier.pace && r.worked < earlier.worked
}

// forgettable reports whether the client is gone and had so little work lately that it may be taken for a new one.
func (u *usage) forgettable() bool {
	const little = 0.2 // seconds
	u.mu.Lock()
	defer u.mu.Unlock()
	u.advance()
	return u.sockets == 0 && u.worked < little
}
