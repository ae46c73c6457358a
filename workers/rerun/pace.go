package rerun

import (
	"context"
	"time"
)

// pacer delays frames to the pace at which they were received.
type pacer struct{ first, begun time.Time }

func (p *pacer) wait(ctx context.Context, at time.Time) error {
	if p.begun.IsZero() {
		p.first, p.begun = at, time.Now()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(p.begun.Add(at.Sub(p.first)))):
		return nil
	}
}
