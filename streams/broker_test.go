package streams_test

import (
	"net"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/streams"
)

func TestBrokerFailsOnAnAddressInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	b, err := streams.NewBroker(streams.BrokerOptions{Dir: t.TempDir(), Addr: taken.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("Run: %v", err)
	}
	if err := b.WaitReady(t.Context()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("WaitReady: %v", err)
	}
}
