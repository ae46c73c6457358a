package announce

import (
	"context"
	"time"
)

// pace asks one who is down once in a while, however many messages are waiting.
type pace struct{ failures int }

const slowest = 10 * time.Second

// keep waits after failures, the longer the more of them came one after another, and then runs try. It is not for
// concurrent use.
func (p *pace) keep(ctx context.Context, try func() error) error {
	if p.failures > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(min(100*time.Millisecond<<min(p.failures, 10), slowest)):
		}
	}
	err := try()
	if err != nil {
		p.failures++
	} else {
		p.failures = 0
	}
	return err
}
