package objects_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// connect returns a store of one kind, and a JetStream to look behind it.
func connect(t *testing.T, store string) (*objects.Store, jetstream.JetStream) {
	t.Helper()
	b := streamstest.Broker(t, true)
	m := media.DefaultConfig()
	m.Store, m.Dir = store, t.TempDir()
	c, err := streams.Connect(streamstest.Context(t), streams.Options{Broker: b, Media: m})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	nc, err := nats.Connect(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return objects.New(c), js
}

func everyStore(t *testing.T, test func(t *testing.T, store string)) {
	for _, store := range []string{media.StoreObjects, media.StoreDirectory} {
		t.Run(store, func(t *testing.T) { test(t, store) })
	}
}

func putObject(t *testing.T, s *objects.Store, name string, data []byte) {
	t.Helper()
	if err := s.Put(streamstest.Context(t), name, "video/mp4", bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
}

func isThere(t *testing.T, s *objects.Store, name string) bool {
	t.Helper()
	o, err := s.Open(streamstest.Context(t), name)
	if errors.Is(err, streams.ErrNotFound) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	return true
}

// removeUnread sweeps one object.
func removeUnread(t *testing.T, s *objects.Store, name string) bool {
	t.Helper()
	removed, err := s.RemoveUnread(streamstest.Context(t), name, always)
	if err != nil {
		t.Fatal(err)
	}
	return removed
}

func always(media.Info) (bool, error) { return true, nil }
