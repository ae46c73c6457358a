// Package streamstest gives tests a real broker inside the test process.
package streamstest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/seal"
)

// Broker runs an embedded broker in a temporary folder until the test ends. With listen it also takes connections from
// other processes, on a free port of loopback.
func Broker(t testing.TB, listen bool) *streams.Broker {
	t.Helper()
	addr := ""
	if listen {
		addr = "127.0.0.1:0"
	}
	b, err := streams.NewBroker(streams.BrokerOptions{Dir: t.TempDir(), Addr: addr})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if err := b.WaitReady(Context(t)); err != nil {
		t.Fatal(err)
	}
	return b
}

// Connect returns a connection to the broker that is closed when the test ends.
func Connect(t testing.TB, b *streams.Broker) *streams.Conn {
	t.Helper()
	c, err := streams.Connect(Context(t), streams.Options{Broker: b, Name: t.Name(), Master: Master()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// MasterKey gives a process the master key of all tests.
var MasterKey = "SELENE_MASTER_KEY=" + strings.Repeat("0", 2*seal.KeySize)

// Master returns the master key of all tests.
func Master() *seal.Master { return seal.NewMaster(make([]byte, seal.KeySize)) }

// Timeout ends whatever a test waits for. It is far longer than any of it takes on a busy machine, so that only what
// hangs meets it.
const Timeout = 5 * time.Minute

// Context returns a context that is done when the test ends, or after Timeout.
func Context(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	t.Cleanup(cancel)
	return ctx
}

// Go runs a long-lived part until the test ends, and fails the test if it returns an error.
func Go(t testing.TB, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Eventually waits until check returns nil, and fails the test with its last error after Timeout.
func Eventually(t testing.TB, check func() error) {
	t.Helper()
	deadline := time.Now().Add(Timeout)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %v", Timeout, err)
		}
		<-tick.C
	}
}
