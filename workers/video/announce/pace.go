package announce

import (
	"context"
	"time"

	"github.com/selene-liveness/selene/streams/backoff"
)

// pace limits the rate of tries while a receiver is down, regardless of how many messages are waiting.
type pace struct{ failures int }

var retryDelays = backoff.Policy{First: 200 * time.Millisecond, Most: 10 * time.Second}

// run waits if the previous tries failed, longer after each failure in a row, and then calls try. It is not safe for
// concurrent use.
func (p *pace) run(ctx context.Context, try func() error) error {
	if p.failures > 0 {
		retryDelays.Wait(ctx, p.failures)
	}
	err := try()
	if err != nil {
		p.failures++
	} else {
		p.failures = 0
	}
	return err
}
