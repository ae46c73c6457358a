package backoff_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/backoff"
)

func TestDelayGrowsToItsLimit(t *testing.T) {
	for name, c := range map[string]struct {
		policy backoff.Policy
		tries  int
		want   time.Duration
	}{
		"none yet":   {backoff.Policy{First: time.Second, Most: time.Minute}, 0, time.Second},
		"first":      {backoff.Policy{First: time.Second, Most: time.Minute}, 1, time.Second},
		"third":      {backoff.Policy{First: time.Second, Most: time.Minute}, 3, 4 * time.Second},
		"limit":      {backoff.Policy{First: time.Second, Most: time.Minute}, 7, time.Minute},
		"very many":  {backoff.Policy{First: time.Second, Most: time.Minute}, math.MaxInt, time.Minute},
		"factor":     {backoff.Policy{First: time.Second, Most: time.Minute, Factor: 4}, 3, 16 * time.Second},
		"tiny limit": {backoff.Policy{First: time.Second, Most: time.Millisecond}, 1, time.Millisecond},
	} {
		if got := c.policy.Delay(c.tries); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	backoff.Policy{First: time.Hour, Most: time.Hour}.Wait(ctx, 1) // would outlast the test
}
