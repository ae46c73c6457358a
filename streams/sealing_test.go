package streams_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/seal"
	"github.com/selene-liveness/selene/streams/streamstest"
)

var secretFace = []byte("a face that nobody may see")

func faceFrame(session string, n uint64) *schemas.Frame {
	return &schemas.Frame{
		Version: schemas.Version, Name: &schemas.FrameName{Session: session, Sequence: n, Nonce: "n"}, Image: secretFace,
	}
}

// raw returns a client of the broker that knows no keys.
func raw(t *testing.T, b *streams.Broker) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestStoredMessagesAreSealed(t *testing.T) {
	b := streamstest.Broker(t, true)
	c, ctx, js := streamstest.Connect(t, b), streamstest.Context(t), raw(t, b)
	id := uuid.NewString()
	seq, err := c.PublishFrame(ctx, faceFrame(id, 1))
	if err != nil {
		t.Fatal(err)
	}
	frames, err := js.Stream(ctx, streams.Frames)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := frames.GetMsg(ctx, seq)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(stored.Data, secretFace) {
		t.Error("the broker stores the picture as it is")
	}
	if msg, err := c.Stream(streams.Frames).At(ctx, seq); err != nil || !bytes.Contains(msg.Data, secretFace) {
		t.Errorf("read back: %v", err)
	}

	// A second process makes no second key.
	if msg, err := streamstest.Connect(t, b).Stream(streams.Frames).At(ctx, seq); err != nil || !bytes.Contains(msg.Data, secretFace) {
		t.Errorf("read back by another process: %v", err)
	}
	// Moved to another session, by somebody who may write but has no key, it does not open.
	other := uuid.NewString()
	if _, err := c.PublishFrame(ctx, faceFrame(other, 1)); err != nil {
		t.Fatal(err)
	}
	moved, err := js.PublishMsg(ctx, &nats.Msg{Subject: "pass.frame." + other, Header: nats.Header{"Selene-Sealed": {"1"}}, Data: stored.Data})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Stream(streams.Frames).At(ctx, moved.Sequence); !errors.Is(err, seal.ErrAltered) {
		t.Errorf("moved to another session: %v", err)
	}
	n := 0
	for msg, err := range c.Stream(streams.Frames).Read(ctx, streams.Range{Subjects: []string{"pass.frame." + other}}) {
		if err != nil || (msg.Sequence == moved.Sequence) != (len(msg.Data) == 0) {
			t.Errorf("message %d: %d bytes, %v", msg.Sequence, len(msg.Data), err)
		}
		n++
	}
	if n != 2 {
		t.Errorf("an altered message hides others: %d read", n)
	}
}

func TestPlainMessagesAreRead(t *testing.T) {
	b := streamstest.Broker(t, true)
	c, ctx := streamstest.Connect(t, b), streamstest.Context(t)
	plugin, err := streams.Connect(ctx, streams.Options{Broker: b}) // without a master key
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(plugin.Close)
	id := uuid.NewString()
	seq, err := plugin.PublishFrame(ctx, faceFrame(id, 1))
	if err != nil {
		t.Fatal(err)
	}
	if msg, err := c.Stream(streams.Frames).At(ctx, seq); err != nil || !bytes.Contains(msg.Data, secretFace) {
		t.Errorf("stored by a plugin: %v", err)
	}
	if seq, err = c.PublishFrame(ctx, faceFrame(id, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := plugin.Stream(streams.Frames).At(ctx, seq); !errors.Is(err, seal.ErrNoMaster) {
		t.Errorf("a plugin reads a sealed frame: %v", err)
	}
}

func TestErasedSessionCannotBeReadOrWritten(t *testing.T) {
	b := streamstest.Broker(t, false)
	c, ctx := streamstest.Connect(t, b), streamstest.Context(t)
	id, other := uuid.NewString(), uuid.NewString()
	var last uint64
	for _, session := range []string{id, other} {
		var err error
		if last, err = c.PublishFrame(ctx, faceFrame(session, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Keys().Erase(ctx, id); err != nil {
		t.Fatal(err)
	}
	for who, c := range map[string]*streams.Conn{"the same process": c, "another": streamstest.Connect(t, b)} {
		if _, err := c.Stream(streams.Frames).Last(ctx, "pass.frame."+id); !errors.Is(err, streams.ErrErased) || !errors.Is(err, streams.ErrNotFound) {
			t.Errorf("%s: read: %v", who, err)
		}
		if _, err := c.PublishFrame(ctx, faceFrame(id, 2)); !errors.Is(err, streams.ErrErased) {
			t.Errorf("%s: stored: %v", who, err)
		}
		if erased, err := c.Keys().IsErased(ctx, id); err != nil || !erased {
			t.Errorf("%s: erased: %t, %v", who, erased, err)
		}
		n := 0
		for msg, err := range c.Stream(streams.Frames).Read(ctx, streams.Range{}) {
			if err != nil || msg.Token() != other {
				t.Errorf("%s: message %v, %v", who, msg, err)
			}
			n++
		}
		if n != 1 {
			t.Errorf("%s: %d messages read, want that of the other session", who, n)
		}
		follow, stop := context.WithCancel(ctx)
		err := c.Follow(follow, streams.Frames, 0, func(m streams.Followed) error {
			if m.Session != other || m.Sequence != last {
				return fmt.Errorf("followed %s", m.Session)
			}
			stop()
			return nil
		}, nil)
		stop()
		if err != nil {
			t.Errorf("%s: %v", who, err)
		}
	}
	streamstest.Go(t, func(ctx context.Context) error {
		return c.Consume(ctx, streams.Work{Stream: streams.Frames, Durable: "shoes", Concurrency: 1, AckWait: time.Minute},
			func(_ context.Context, d *streams.Delivery) error {
				if d.Session == id {
					t.Error("a worker received a frame of an erased session")
				}
				return nil
			})
	})
	streamstest.Eventually(t, func() error {
		if n, err := c.Stream(streams.Frames).Waiting(ctx, "shoes"); err != nil || n > 0 {
			return fmt.Errorf("%d frames wait: %w", n, err)
		}
		return nil
	})
	if n, err := c.Stream(streams.Dead).Subjects(ctx, "pass.dead.>"); err != nil || len(n) > 0 {
		t.Errorf("dead letters %v, %v", n, err)
	}
}

func TestWrongMasterKeyIsFoundAtTheStart(t *testing.T) {
	b := streamstest.Broker(t, false)
	ctx := streamstest.Context(t)
	streamstest.Connect(t, b)
	wrong := bytes.Repeat([]byte{7}, seal.KeySize)
	if _, err := streams.Connect(ctx, streams.Options{Broker: b, Master: seal.NewMaster(wrong)}); !errors.Is(err, seal.ErrMaster) {
		t.Errorf("a wrong key: %v", err)
	}
	c, err := streams.Connect(ctx, streams.Options{Broker: b, Master: seal.NewMaster(wrong, make([]byte, seal.KeySize))})
	if err != nil {
		t.Fatalf("the right key among those of before: %v", err)
	}
	c.Close()
}
