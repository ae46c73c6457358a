package announce

import (
	"context"
	"time"

	"github.com/selene-liveness/selene/streams/backoff"
)

// pace asks one who is down once in a while, however many messages are waiting.
type pace struct{ failures int }

var pauses = backoff.Policy{First: 200 * time.Millisecond, Most: 10 * time.Second}

// keep waits after failures, the longer the more of them came one after another, and then runs try. It is not for
// concurrent use.
func (p *pace) keep(ctx context.Context, try func() error) error {
	if p.failures > 0 {
		pauses.Wait(ctx, p.failures)
	}
	err := try()
	if err != nil {
		p.failures++
	} else {
		p.failures = 0
	}
	return err
}
