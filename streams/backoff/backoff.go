// Package backoff computes how long to wait before failed work is tried again.
package backoff

import (
	"context"
	"time"
)

// Policy describes how the delay between tries grows: First after the first try, then Factor times the delay before, up to Most.
// A pure function of the number of tries, unlike the state that back-off libraries keep: the broker counts the deliveries
// of a message, over all processes that tried it.
type Policy struct {
	First, Most time.Duration
	Factor      int // 0 = 2
}

// Delay returns how long to wait after so many tries, at least one.
func (p Policy) Delay(tries int) time.Duration {
	factor := time.Duration(p.Factor)
	if factor == 0 {
		factor = 2
	}
	d := p.First
	for range tries - 1 {
		if d >= p.Most {
			break
		}
		d *= factor
	}
	return min(d, p.Most)
}

// Wait waits for the delay after so many tries, or until ctx is done.
func (p Policy) Wait(ctx context.Context, tries int) {
	timer := time.NewTimer(p.Delay(tries))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
