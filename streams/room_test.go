package streams_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// foreign runs a nats-server as an operator would configure it.
func foreign(t *testing.T, o server.Options) string {
	t.Helper()
	o.Host, o.Port, o.StoreDir, o.NoSigs, o.NoLog = "127.0.0.1", server.RANDOM_PORT, t.TempDir(), true, true
	s, err := server.NewServer(&o)
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	streamstest.Eventually(t, func() error {
		if !s.ReadyForConnections(time.Second) {
			return errors.New("no nats-server")
		}
		return nil
	})
	return s.ClientURL()
}

func TestUnusableBrokers(t *testing.T) {
	for name, c := range map[string]struct {
		options server.Options
		says    string
	}{
		"a disk too small":   {server.Options{JetStream: true, MaxPayload: streams.MaxPayload, JetStreamMaxStore: 1 << 20, JetStreamMaxMemory: 1 << 30}, "SELENE_STREAMS_FRAMES_BYTES"},
		"messages too small": {server.Options{JetStream: true, MaxPayload: 1 << 20}, "max_payload: 16777216"},
		"without JetStream":  {server.Options{MaxPayload: streams.MaxPayload}, "JetStream"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := streams.Connect(streamstest.Context(t), streams.Options{URL: foreign(t, c.options)})
			if err == nil {
				conn.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error that says %q", err, c.says)
			}
		})
	}
}
