package decider

import (
	"context"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams"
)

// One frame that the rules panic on must not stop the decisions on others.
func TestPanicDoesNotStopOtherDecisions(t *testing.T) {
	d := &Decider{decide: make(chan *join, 1)}
	results := make(chan string, 2)
	d.observe = func(result string, _ time.Duration) { results <- result }
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- d.storeAll(ctx) }()
	for range 2 {
		d.enqueue(ctx, &join{since: time.Now()})
		if got := <-results; got != streams.ResultDead {
			t.Errorf("counted as %s", got)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
