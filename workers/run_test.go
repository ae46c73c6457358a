package workers_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers"
)

// hats is a plugin whose verdicts the test decides.
type hats struct {
	judge func(ctx context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error)
}

func (hats) Name() string { return "hats" }

func (w hats) Judge(ctx context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
	return w.judge(ctx, f, s)
}

func (hats) Crops() []schemas.CropSpec {
	return []schemas.CropSpec{{Name: "head", Width: 8, Height: 8}}
}
func (hats) Pack() string       { return "digest" }
func (hats) PackName() string   { return "hats 1" }
func (hats) Measures() []string { return []string{} }

func fine(context.Context, *schemas.Face, workers.State) (*schemas.Verdict, error) {
	return &schemas.Verdict{Errors: []int32{900}}, nil
}

// bench is a broker with the access that the tests need.
type bench struct {
	t    *testing.T
	conn *streams.Conn
	ctx  context.Context //nolint:containedctx // that of the test
	js   jetstream.JetStream
	rev  uint64
}

func setUp(t *testing.T) *bench {
	t.Helper()
	broker := streamstest.Broker(t, true)
	b := &bench{t: t, conn: streamstest.Connect(t, broker), ctx: streamstest.Context(t)}
	nc, err := nats.Connect(broker.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if b.js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	rev, err := settings.New(b.conn).Newest(b.ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	b.rev = rev.Number
	return b
}

// run starts the loop, and stops it with the test or the returned function.
func (b *bench) run(o workers.Options, judge func(context.Context, *schemas.Face, workers.State) (*schemas.Verdict, error)) (stop func()) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := workers.Run(ctx, b.conn, hats{judge}, o); err != nil {
			b.t.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	b.t.Cleanup(stop)
	return stop
}

func (b *bench) face() *schemas.Face {
	return &schemas.Face{
		Version: schemas.Version, Name: &schemas.FrameName{Session: uuid.NewString(), Sequence: 1, Nonce: "n"}, Decider: "d",
		State: &schemas.SessionState{SettingsRevision: b.rev, Workers: map[string][]byte{"hats": []byte("mine"), "matcher": []byte("another's")}},
	}
}

func (b *bench) send(f *schemas.Face) string {
	b.t.Helper()
	if err := b.conn.PublishFace(b.ctx, f); err != nil {
		b.t.Fatal(err)
	}
	return f.GetName().GetSession()
}

// verdict waits for the one verdict of a session.
func (b *bench) verdict(session string) (v *schemas.Verdict) {
	b.t.Helper()
	filter := streams.Subject(streams.KindVerdict, "*", "*", session)
	streamstest.Eventually(b.t, func() error {
		v = nil
		for stored, err := range streams.ReadAs[schemas.Verdict](b.ctx, b.conn.Stream(streams.Verdicts), filter) {
			if err != nil {
				return err
			}
			if v != nil {
				return errors.New("more than one verdict")
			}
			v = stored.Message
		}
		if v == nil {
			return errors.New("no verdict")
		}
		return nil
	})
	return v
}

// consumer returns the state of the worker's consumer.
func (b *bench) consumer() (*jetstream.ConsumerInfo, error) {
	c, err := b.js.Consumer(b.ctx, streams.Faces, "hats")
	if err != nil {
		return nil, err
	}
	return c.Info(b.ctx)
}

// settled waits until everything sent was answered.
func (b *bench) settled(faces uint64) {
	b.t.Helper()
	streamstest.Eventually(b.t, func() error {
		info, err := b.consumer()
		if err != nil {
			return err
		}
		if info.AckFloor.Stream != faces || info.NumAckPending != 0 {
			return fmt.Errorf("acknowledged up to %d of %d, %d open", info.AckFloor.Stream, faces, info.NumAckPending)
		}
		return nil
	})
}

// dead waits for the one dead letter.
func (b *bench) dead() (reason, fault string) {
	b.t.Helper()
	s, err := b.js.Stream(b.ctx, streams.Dead)
	if err != nil {
		b.t.Fatal(err)
	}
	streamstest.Eventually(b.t, func() error {
		info, err := s.Info(b.ctx)
		if err != nil || info.State.Msgs != 1 {
			return fmt.Errorf("%d dead letters, want 1 (%w)", info.State.Msgs, err)
		}
		msg, err := s.GetMsg(b.ctx, info.State.LastSeq)
		if err != nil {
			return err
		}
		reason, fault = msg.Header.Get(streams.HeaderReason), msg.Header.Get(streams.HeaderFault)
		return nil
	})
	return reason, fault
}

func TestVerdictNamesItsFrame(t *testing.T) {
	b := setUp(t)
	given := make(chan workers.State, 1)
	b.run(workers.Options{}, func(_ context.Context, _ *schemas.Face, s workers.State) (*schemas.Verdict, error) {
		given <- s
		return &schemas.Verdict{Errors: []int32{900}, Worker: "matcher", Decider: "other"}, nil
	})
	f := b.face()
	v := b.verdict(b.send(f))
	if v.GetVersion() != schemas.Version || !v.GetName().Equal(f.GetName()) || v.GetWorker() != "hats" || v.GetDecider() != "d" || v.GetPack() != "digest" || v.GetErrors()[0] != 900 {
		t.Errorf("verdict %v", v)
	}
	if s := <-given; string(s.Own) != "mine" || s.Settings == nil {
		t.Errorf("the worker received state %q and settings %v", s.Own, s.Settings)
	}
}

func TestWorkerIsRegistered(t *testing.T) {
	b := setUp(t)
	registry := streams.NewRegistry(b.conn)
	streamstest.Go(t, registry.Run)
	b.run(workers.Options{Version: "7"}, fine)
	streamstest.Eventually(t, func() error {
		r := registry.All()["hats"]
		if r.Version != "7" || r.Pack != "digest" || len(r.Crops) != 1 || r.Crops[0].Name != "head" {
			return fmt.Errorf("registered as %+v", r)
		}
		return nil
	})
}

// While verdicts cannot be stored the worker does not acknowledge the face: a process killed then loses nothing.
func TestFaceIsAnsweredOnlyAfterItsVerdictIsStored(t *testing.T) {
	b := setUp(t)
	s, err := b.js.Stream(b.ctx, streams.Verdicts)
	if err != nil {
		t.Fatal(err)
	}
	config := s.CachedInfo().Config
	if err := b.js.DeleteStream(b.ctx, streams.Verdicts); err != nil {
		t.Fatal(err)
	}
	judged := make(chan struct{}, 100)
	b.run(workers.Options{}, func(context.Context, *schemas.Face, workers.State) (*schemas.Verdict, error) {
		judged <- struct{}{}
		return &schemas.Verdict{}, nil
	})
	session := b.send(b.face())
	for try := range 2 {
		select {
		case <-judged:
		case <-time.After(streamstest.Timeout):
			t.Fatalf("the face was tried %d times: it was answered without a stored verdict", try)
		}
	}
	info, err := b.consumer()
	if err != nil {
		t.Fatal(err)
	}
	if info.AckFloor.Stream != 0 || info.NumAckPending != 1 {
		t.Errorf("acknowledged up to %d, %d open: the face is lost, and its verdict too", info.AckFloor.Stream, info.NumAckPending)
	}
	if _, err := b.js.CreateStream(b.ctx, config); err != nil {
		t.Fatal(err)
	}
	b.verdict(session)
	b.settled(1)
}

// A worker killed between verdict and acknowledgement gets the face again, and there is still only one verdict.
func TestRedelivery(t *testing.T) {
	b := setUp(t)
	f := b.face()
	before := &schemas.Verdict{Version: schemas.Version, Name: f.GetName(), Worker: "hats", Decider: "d", Pack: "digest", Errors: []int32{900}}
	if err := b.conn.PublishVerdict(b.ctx, before); err != nil {
		t.Fatal(err)
	}
	session := b.send(f)
	b.send(f) // the detector may repeat itself too
	b.run(workers.Options{}, fine)
	b.settled(1)
	a, err := schemas.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := schemas.Marshal(b.verdict(session)); err != nil || string(again) != string(a) {
		t.Errorf("%x, then %x (%v)", a, again, err)
	}
}

func TestFaceThatCannotBeJudged(t *testing.T) {
	for name, c := range map[string]struct {
		judge func(context.Context, *schemas.Face, workers.State) (*schemas.Verdict, error)
		fault string
	}{
		"input": {func(context.Context, *schemas.Face, workers.State) (*schemas.Verdict, error) {
			return nil, streams.Blame(streams.Input, errors.New("no head"))
		}, "input"},
		"model": {func(context.Context, *schemas.Face, workers.State) (*schemas.Verdict, error) {
			return nil, streams.Blame(streams.Model, errors.New("no head"))
		}, "model"},
		"panic":   {func(context.Context, *schemas.Face, workers.State) (*schemas.Verdict, error) { panic("no head") }, "bug"},
		"nothing": {func(context.Context, *schemas.Face, workers.State) (*schemas.Verdict, error) { return nil, nil }, "bug"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t)
			poison := b.face()
			poisoned := poison.GetName().GetSession()
			b.run(workers.Options{}, func(ctx context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
				if f.GetName().GetSession() == poisoned {
					return c.judge(ctx, f, s)
				}
				return fine(ctx, f, s)
			})
			b.send(poison)
			good := b.send(b.face())
			if v := b.verdict(good); v.GetFailure() != nil {
				t.Errorf("the face after it: %v", v)
			}
			if v := b.verdict(poisoned); v.GetFailure().GetCode() != schemas.SystemInternal || v.GetWorker() != "hats" {
				t.Errorf("verdict %v, want failure %d", v, schemas.SystemInternal)
			}
			if reason, fault := b.dead(); fault != c.fault || reason == "" {
				t.Errorf("dead letter blames %q: %q", fault, reason)
			}
			b.settled(2)
		})
	}
}

func TestUnknownVersion(t *testing.T) {
	b := setUp(t)
	b.run(workers.Options{}, fine)
	f := b.face()
	f.Version = 99
	b.send(f)
	if _, fault := b.dead(); fault != "input" {
		t.Errorf("dead letter blames %q", fault)
	}
	b.verdict(b.send(b.face()))
}

func TestBrokerErrorsAreTriedAgain(t *testing.T) {
	b := setUp(t)
	tries := 0
	b.run(workers.Options{}, func(ctx context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
		if tries++; tries < 3 {
			return nil, streams.Blame(streams.Infrastructure, errors.New("disk full"))
		}
		return fine(ctx, f, s)
	})
	if v := b.verdict(b.send(b.face())); v.GetFailure() != nil {
		t.Errorf("verdict %v", v)
	}
}

func TestTransientPanicIsTriedAgain(t *testing.T) {
	b := setUp(t)
	tries := 0
	b.run(workers.Options{}, func(ctx context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
		if tries++; tries < 3 {
			panic("no head")
		}
		return fine(ctx, f, s)
	})
	if v := b.verdict(b.send(b.face())); v.GetFailure() != nil {
		t.Errorf("verdict %v: want another try first", v)
	}
}

// A stopping worker returns the messages it cannot finish, long before the broker would redeliver them (20 s).
func TestStopReturnsMessages(t *testing.T) {
	b := setUp(t)
	started := make(chan struct{})
	stop := b.run(workers.Options{Concurrency: 1}, func(ctx context.Context, _ *schemas.Face, _ workers.State) (*schemas.Verdict, error) {
		close(started)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	sessions := []string{b.send(b.face()), b.send(b.face()), b.send(b.face())}
	<-started
	began := time.Now()
	stop()
	b.run(workers.Options{Concurrency: 1}, fine)
	for _, session := range sessions {
		if v := b.verdict(session); v.GetFailure() != nil {
			t.Errorf("verdict %v: an interrupted worker must not give a verdict", v)
		}
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("returned after %v: by the broker's timeout, not by the worker", took)
	}
}

func TestCountersExistFromTheStart(t *testing.T) {
	workers.Observer("fresh")
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if l := m.GetLabel(); family.GetName() == "selene_worker_messages_total" && l[1].GetValue() == "fresh" && m.GetCounter().GetValue() == 0 {
				found++
			}
		}
	}
	if found != len(streams.Results) {
		t.Errorf("%d counters at zero, want %d", found, len(streams.Results))
	}
}
