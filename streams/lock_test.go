package streams_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/streams"
)

// Two brokers in one folder would both say that they are ready, and damage each other's streams.
func TestOneBrokerInAFolder(t *testing.T) {
	dir := t.TempDir()
	broker := func() *streams.Broker {
		b, err := streams.NewBroker(streams.BrokerOptions{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first, ended := broker(), make(chan error)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { ended <- first.Run(ctx) }()
	if err := first.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := broker()
	want := fmt.Sprintf("in process %d, has its data in %s", os.Getpid(), dir)
	if err := second.Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Run: %v, want %q", err, want)
	}
	if err := second.WaitReady(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("WaitReady: %v, want %q", err, want)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	third, done := broker(), make(chan error)
	ctx, stop = context.WithCancel(t.Context())
	go func() { done <- third.Run(ctx) }()
	if err := third.WaitReady(t.Context()); err != nil {
		t.Errorf("after the first has ended: %v", err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
