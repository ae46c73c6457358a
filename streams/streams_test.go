package streams_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func frame(session string, n uint64) *schemas.Frame {
	return &schemas.Frame{
		Version: schemas.Version, Name: &schemas.FrameName{Session: session, Sequence: n, Nonce: "n"},
		Image: []byte{1, 2, 3}, Decider: "d",
	}
}

func TestStreamThatWouldLoseMessagesIsRefused(t *testing.T) {
	b := streamstest.Broker(t, false)
	streamstest.Connect(t, b)
	ctx := streamstest.Context(t)
	l := streams.DefaultLimits()
	l.FramesAge /= 2
	_, err := streams.Connect(ctx, streams.Options{Broker: b, Limits: l})
	var conflict *streams.ConflictError
	if !errors.As(err, &conflict) || conflict.Stream != streams.Frames || conflict.Field != "maximum age" {
		t.Fatalf("got %v, want a conflict over the age of frames", err)
	}
	l.FramesAge *= 4
	c, err := streams.Connect(ctx, streams.Options{Broker: b, Limits: l})
	if err != nil {
		t.Fatalf("a longer age loses nothing: %v", err)
	}
	c.Close()
}

func TestExternalBrokerTakesTheSamePath(t *testing.T) {
	b := streamstest.Broker(t, true)
	ctx := streamstest.Context(t)
	c, err := streams.Connect(ctx, streams.Options{URL: b.URL()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.PublishFrame(ctx, frame(uuid.NewString(), 1)); err != nil {
		t.Fatal(err)
	}
}

func TestDecisionsUseCompareAndSet(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	id := uuid.NewString()
	d := &schemas.Decision{Version: schemas.Version, Name: &schemas.FrameName{Session: id, Sequence: 1}}
	if _, err := sessions.New(c).LastDecision(ctx, id); !errors.Is(err, streams.ErrNotFound) {
		t.Fatalf("got %v", err)
	}
	seq, err := c.PublishDecision(ctx, d, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.PublishDecision(ctx, d, 0); !errors.Is(err, streams.ErrDecided) {
		t.Fatalf("a second first decision: %v", err)
	}
	if _, err := c.PublishDecision(ctx, d, seq); err != nil {
		t.Fatal(err)
	}
	last, err := sessions.New(c).LastDecision(ctx, id)
	if err != nil || last.GetState().GetLastDecision() != seq+1 {
		t.Fatalf("got %v, %v", last, err)
	}
}

func TestConsumeByFault(t *testing.T) {
	b := streamstest.Broker(t, true)
	c := streamstest.Connect(t, b)
	ctx := streamstest.Context(t)
	var infra, bug, crash, fine atomic.Int32
	ids := map[string]string{}
	for _, kind := range []string{"input", "infrastructure", "bug", "panic", "fine"} {
		ids[kind] = uuid.NewString()
		if _, err := c.PublishFrame(ctx, frame(ids[kind], 1)); err != nil {
			t.Fatal(err)
		}
	}
	var waited atomic.Int32
	w := streams.Work{Stream: streams.Frames, Durable: "w", Concurrency: 2, AckWait: 5 * time.Second, MaxTries: 2, Delay: func(tries int) time.Duration {
		waited.Add(int32(tries))
		return time.Millisecond
	}}
	streamstest.Go(t, func(ctx context.Context) error {
		return c.Consume(ctx, w, func(_ context.Context, d *streams.Delivery) error {
			switch d.Session {
			case ids["input"]:
				return streams.Blame(streams.Input, errors.New("no\nsuch thing"))
			case ids["infrastructure"]:
				if infra.Add(1) < 4 {
					return streams.Blame(streams.Infrastructure, errors.New("broker gone"))
				}
			case ids["bug"]:
				bug.Add(1)
				return errors.New("oops")
			case ids["panic"]:
				crash.Add(1)
				panic("boom")
			default:
				fine.Add(1)
			}
			return nil
		})
	})
	dead := map[string]nats.Header{}
	streamstest.Eventually(t, func() error {
		for kind, h := range deadLetters(t, b) {
			dead[kind] = h
		}
		if len(dead) != 3 || infra.Load() != 4 || fine.Load() != 1 {
			return fmt.Errorf("dead %d, infrastructure tries %d, fine %d", len(dead), infra.Load(), fine.Load())
		}
		return nil
	})
	if bug.Load() != 2 || crash.Load() != 2 {
		t.Errorf("a bug is tried twice here: %d, %d", bug.Load(), crash.Load())
	}
	if n := waited.Load(); n != 1+2+3+1+1 {
		t.Errorf("the delays are asked for tries that add up to %d", n)
	}
	h := dead[ids["input"]]
	if h.Get(streams.HeaderReason) != "no such thing" || h.Get(streams.HeaderFault) != "input" || h.Get(streams.HeaderSequence) != "1" {
		t.Errorf("dead letter headers: %v", h)
	}
}

// deadLetters reads the dead-letter stream as an operator would, by session.
func deadLetters(t *testing.T, b *streams.Broker) map[string]nats.Header {
	t.Helper()
	nc, err := nats.Connect(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx := streamstest.Context(t)
	s, err := js.Stream(ctx, streams.Dead)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]nats.Header{}
	for seq := uint64(1); seq <= s.CachedInfo().State.LastSeq; seq++ {
		m, err := s.GetMsg(ctx, seq)
		if err != nil {
			t.Fatal(err)
		}
		out[m.Subject[strings.LastIndexByte(m.Subject, '.')+1:]] = m.Header
	}
	return out
}

func TestDrainReturnsMessages(t *testing.T) {
	t.Parallel()
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	const n = 6
	for i := range n {
		if _, err := c.PublishFrame(ctx, frame(uuid.NewString(), uint64(i))); err != nil {
			t.Fatal(err)
		}
	}
	w := streams.Work{Stream: streams.Frames, Durable: "w", Concurrency: 2, AckWait: time.Hour}
	first, stop := context.WithCancel(ctx)
	begun := make(chan struct{}, n)
	done := make(chan error, 1)
	go func() {
		done <- c.Consume(first, w, func(ctx context.Context, _ *streams.Delivery) error {
			begun <- struct{}{}
			<-ctx.Done() // stuck until the drain gives up on it
			return ctx.Err()
		})
	}()
	<-begun
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	var got atomic.Int32
	streamstest.Go(t, func(ctx context.Context) error {
		return c.Consume(ctx, w, func(context.Context, *streams.Delivery) error { got.Add(1); return nil })
	})
	streamstest.Eventually(t, func() error {
		if got.Load() != n {
			return fmt.Errorf("%d of %d handed on, although AckWait is an hour", got.Load(), n)
		}
		return nil
	})
}

func TestVerdictsReachTheirDecider(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	if _, err := c.AskDecider(ctx); !errors.Is(err, streams.ErrNoDecider) {
		t.Fatalf("got %v", err)
	}
	got := make(chan *schemas.Verdict, 1)
	streamstest.Go(t, func(ctx context.Context) error {
		return c.ServeDecider(ctx, "one", func(v *schemas.Verdict) { got <- v })
	})
	var decider string
	streamstest.Eventually(t, func() (err error) {
		decider, err = c.AskDecider(ctx)
		return err
	})
	if decider != "one" {
		t.Fatalf("got %q", decider)
	}
	v := &schemas.Verdict{Version: schemas.Version, Name: &schemas.FrameName{Session: uuid.NewString(), Sequence: 1}, Worker: "w", Decider: decider}
	if err := c.PublishVerdict(ctx, v); err != nil {
		t.Fatal(err)
	}
	select {
	case have := <-got:
		if !have.GetName().Equal(v.GetName()) {
			t.Fatalf("got %v", have)
		}
	case <-ctx.Done():
		t.Fatal("the verdict was not handed on")
	}
}

// Whatever can be stored can be read back: a frame that was larger than one request for messages stopped its reader for ever.
func TestTheLargestFramesAreReadBack(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, true))
	ctx := streamstest.Context(t)
	id := uuid.NewString()
	sizes := []int{100, 9_200_000, 100, streams.MaxPayload - 1<<20, 100}
	for n, size := range sizes {
		f := frame(id, uint64(n))
		f.Image = bytes.Repeat([]byte{byte(n)}, size)
		if _, err := c.PublishFrame(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for f, err := range sessions.New(c).FramesOf(ctx, id) {
		if err != nil {
			t.Fatal(err)
		}
		if got := len(f.Message.GetImage()); got != sizes[n] {
			t.Errorf("frame %d has %d bytes, want %d", n, got, sizes[n])
		}
		n++
	}
	if n != len(sizes) {
		t.Errorf("%d of %d frames", n, len(sizes))
	}
}

func TestReadingBackLeavesNoConsumer(t *testing.T) {
	b := streamstest.Broker(t, true)
	c := streamstest.Connect(t, b)
	ctx := streamstest.Context(t)
	id := uuid.NewString()
	for n := range uint64(3) {
		if _, err := c.PublishFrame(ctx, frame(id, n)); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		for range sessions.New(c).FramesOf(ctx, id) {
			break // not read to the end
		}
		for range sessions.New(c).FramesOf(ctx, uuid.NewString()) {
			t.Fatal("counted a frame of an unknown session")
		}
	}
	nc, err := nats.Connect(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(ctx, streams.Frames)
	if err != nil {
		t.Fatal(err)
	}
	if left := s.CachedInfo().State.Consumers; left != 0 {
		t.Errorf("%d consumers are left", left)
	}
}

func TestRegistryFollowsWorkers(t *testing.T) {
	t.Parallel()
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	r := streams.NewRegistry(c)
	streamstest.Go(t, r.Run)
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	left := make(chan error, 1)
	go func() { left <- c.Register(ctx, schemas.Registration{Name: "liveness", Pack: "p"}) }()
	streamstest.Eventually(t, func() error {
		if r.All()["liveness"].Pack != "p" {
			return errors.New("not seen")
		}
		return nil
	})
	leave()
	if err := <-left; err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		if len(r.All()) != 0 {
			return errors.New("still seen after it left")
		}
		return nil
	})
}

func TestSettingsRevisions(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	first, err := settings.New(c).Newest(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	second, err := settings.New(c).Put(ctx, []byte(`{"session":{"max_attempts":7}}`))
	if err != nil || second.Number == first.Number || second.Settings.Session.MaxAttempts != 7 {
		t.Fatalf("got %+v, %v", second, err)
	}
	same, err := settings.New(c).Put(ctx, []byte(`{"session":{"max_attempts":7}}`))
	if err != nil || same.Number != second.Number {
		t.Fatalf("the same document was stored as revision %d: %v", same.Number, err)
	}
	if _, err := settings.New(c).Put(ctx, []byte(`{"session":{"max_attempts":0}}`)); streams.FaultOf(err) != streams.Input {
		t.Fatalf("got %v", err)
	}
	old, err := settings.New(c).At(ctx, first.Number)
	if err != nil || old.Session.MaxAttempts != 600 {
		t.Fatalf("got %+v, %v", old, err)
	}
}

func TestConsumersSurviveARestartOfTheBroker(t *testing.T) {
	dir := t.TempDir()
	run := func(addr string) (url string, stop func()) {
		b, err := streams.NewBroker(streams.BrokerOptions{Dir: dir, Addr: addr})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		if err := b.WaitReady(streamstest.Context(t)); err != nil {
			t.Fatal(err)
		}
		return b.URL(), func() { cancel(); <-done }
	}
	url, stop := run("127.0.0.1:0")
	ctx := streamstest.Context(t)
	c, err := streams.Connect(ctx, streams.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var got atomic.Int32
	streamstest.Go(t, func(ctx context.Context) error {
		w := streams.Work{Stream: streams.Faces, Durable: "judge", Concurrency: 2, AckWait: 20 * time.Second}
		return c.Consume(ctx, w, func(context.Context, *streams.Delivery) error { got.Add(1); return nil })
	})
	judge := func(want int32) {
		t.Helper()
		streamstest.Eventually(t, func() error {
			f := &schemas.Face{Version: schemas.Version, Name: &schemas.FrameName{Session: uuid.NewString()}}
			if err := c.PublishFace(ctx, f); err != nil {
				return err
			}
			if got.Load() < want {
				return errors.New("no face was judged")
			}
			return nil
		})
	}
	judge(1)
	before := got.Load()
	stop()
	_, stop = run(strings.TrimPrefix(url, "nats://"))
	defer stop()
	judge(before + 3)
}
