package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// The wire contract, deliberately repeated here: changing it breaks third-party workers.
const (
	faces        = "FACES"
	verdicts     = "VERDICTS"
	deadLetters  = "DEAD"
	registrySub  = "$KV.workers."
	deciderToken = "conformance"
)

func faceSubject(session string) string { return "pass.face." + session }

func (b *bench) verdictSubject(session string) string {
	return "pass.verdict." + deciderToken + "." + b.subject.name + "." + session
}

// bench is an installation with one worker under test.
type bench struct {
	root    testing.TB // of the worker; rules have tests of their own below it
	subject subject
	url     string
	nc      *nats.Conn
	js      jetstream.JetStream
	ctx     context.Context //nolint:containedctx // that of the test
	rev     uint64

	concurrency  int // of each process
	registration schemas.Registration

	mu   sync.Mutex
	said map[string][]publication // what was published to verdict subjects, by session
	wake chan struct{}            // closed when something is
}

// publication is a published verdict, whether it was stored or dropped as a duplicate.
type publication struct {
	subject, id string
	data        []byte
}

func newBench(t testing.TB, s subject) *bench {
	t.Helper()
	broker := streamstest.Broker(t, true)
	b := &bench{root: t, subject: s, concurrency: 2, ctx: streamstest.Context(t), url: broker.URL(), said: map[string][]publication{}}
	conn := streamstest.Connect(t, broker) // makes the streams
	names := []string{schemas.WorkerLiveness, schemas.WorkerMatcher, schemas.WorkerActiveLiveness, schemas.WorkerVirtualCamera, schemas.WorkerImageModification, schemas.WorkerLightChallenge}
	var workers []string
	for _, name := range names {
		if name != s.name {
			workers = append(workers, fmt.Sprintf(`{"name":%q,"required":true}`, name))
		}
	}
	workers = append(workers, fmt.Sprintf(`{"name":%q,"required":true}`, s.name))
	rev, err := settings.New(conn).Put(b.ctx, []byte(`{"thresholds":{"image_modification":0.5},"light_challenge":{"is_enabled":true},"workers":[`+strings.Join(workers, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	b.rev = rev.Number
	if b.nc, err = nats.Connect(b.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.nc.Close)
	if b.js, err = jetstream.New(b.nc); err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{"pass.verdict.>", "rerun.*.verdict.>"} {
		if _, err := b.nc.Subscribe(subject, b.hear); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b *bench) hear(m *nats.Msg) {
	session := m.Subject[strings.LastIndexByte(m.Subject, '.')+1:]
	data, err := b.open(m, session+".frames")
	if err != nil {
		b.root.Errorf("open a verdict on %s: %v", m.Subject, err)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said[session] = append(b.said[session], publication{m.Subject, m.Header.Get(nats.MsgIdHdr), data})
	if b.wake != nil {
		close(b.wake)
		b.wake = nil
	}
}

// open returns what a message says. A worker that has the master key seals it with a key of the session.
func (b *bench) open(m *nats.Msg, name string) ([]byte, error) {
	if m.Header.Get("Selene-Sealed") != "1" {
		return m.Data, nil
	}
	keys, err := b.js.Stream(b.ctx, "KV_keys")
	if err != nil {
		return nil, err
	}
	wrapped, err := keys.GetLastMsgForSubject(b.ctx, "$KV.keys."+name)
	if err != nil {
		return nil, err
	}
	key, err := streamstest.Master().Unwrap(wrapped.Data, name)
	if err != nil {
		return nil, err
	}
	return key.Open(m.Data, m.Subject)
}

// next is closed when the next verdict is published.
func (b *bench) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wake = make(chan struct{})
	return b.wake
}

// of lists everything published on a session.
func (b *bench) of(session string) []publication {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.said[session]
}

// publish stores data unchanged.
func (b *bench) publish(t testing.TB, subject string, data []byte, header nats.Header) uint64 {
	t.Helper()
	ack, err := b.js.PublishMsg(b.ctx, &nats.Msg{Subject: subject, Data: data, Header: header})
	if err != nil {
		t.Fatal(err)
	}
	return ack.Sequence
}

func (b *bench) send(t testing.TB, f *schemas.Face) []byte {
	t.Helper()
	data, err := schemas.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	b.publish(t, faceSubject(f.GetName().GetSession()), data, nil)
	return data
}

// heard waits until n verdicts were published on a session and returns the last one.
func (b *bench) heard(t testing.TB, session string, n int) publication {
	t.Helper()
	streamstest.Eventually(t, func() error {
		if got := len(b.of(session)); got < n {
			return fmt.Errorf("%d verdicts published on session %s, want %d", got, session, n)
		}
		return nil
	})
	all := b.of(session)
	return all[len(all)-1]
}

// stored returns the single stored verdict of a session.
func (b *bench) stored(t testing.TB, session string, n uint64) (last []byte) {
	t.Helper()
	stream, err := b.js.Stream(b.ctx, verdicts)
	if err != nil {
		t.Fatal(err)
	}
	subject := b.verdictSubject(session)
	streamstest.Eventually(t, func() error {
		info, err := stream.Info(b.ctx, jetstream.WithSubjectFilter(subject))
		if err != nil {
			return err
		}
		if got := info.State.Subjects[subject]; got != n {
			return fmt.Errorf("%d verdicts stored on %s, want %d", got, subject, n)
		}
		msg, err := stream.GetLastMsgForSubject(b.ctx, subject)
		if err != nil {
			return err
		}
		last = msg.Data
		return nil
	})
	return last
}

func (b *bench) consumer() (jetstream.Consumer, *jetstream.ConsumerInfo, error) {
	c, err := b.js.Consumer(b.ctx, faces, b.subject.name)
	if err != nil {
		return nil, nil, fmt.Errorf("durable consumer %s on %s: %w", b.subject.name, faces, err)
	}
	info, err := c.Info(b.ctx)
	return c, info, err
}

// settled waits until every face was answered.
func (b *bench) settled(t testing.TB) {
	t.Helper()
	streamstest.Eventually(t, func() error {
		_, info, err := b.consumer()
		if err == nil && (info.NumAckPending > 0 || info.NumPending > 0) {
			err = fmt.Errorf("%d faces are taken and not answered, %d not taken", info.NumAckPending, info.NumPending)
		}
		return err
	})
}

// ackWait changes after how long the broker redelivers an unacknowledged face.
func (b *bench) ackWait(t testing.TB, d time.Duration) {
	t.Helper()
	_, info, err := b.consumer()
	if err != nil {
		t.Fatal(err)
	}
	config := info.Config
	config.AckWait = d
	if _, err := b.js.UpdateConsumer(b.ctx, faces, config); err != nil {
		t.Fatal(err)
	}
}

// dead waits for the dead letter on a session.
func (b *bench) dead(t testing.TB, session string) *jetstream.RawStreamMsg {
	t.Helper()
	stream, err := b.js.Stream(b.ctx, deadLetters)
	if err != nil {
		t.Fatal(err)
	}
	subject := "pass.dead." + b.subject.name + "." + session
	var msg *jetstream.RawStreamMsg
	streamstest.Eventually(t, func() error {
		if msg, err = stream.GetLastMsgForSubject(b.ctx, subject); err != nil {
			return fmt.Errorf("dead letter on %s: %w", subject, err)
		}
		return nil
	})
	if msg.Data, err = b.open(&nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data}, session+".frames"); err != nil {
		t.Fatal(err)
	}
	return msg
}

// registered waits for the worker's registration and returns its TTL.
func (b *bench) registered(t testing.TB) (ttl string) {
	t.Helper()
	stream, err := b.js.Stream(b.ctx, "KV_workers")
	if err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		msg, err := stream.GetLastMsgForSubject(b.ctx, registrySub+b.subject.name+".*")
		if err != nil {
			return fmt.Errorf("registration on %s%s.<instance>: %w", registrySub, b.subject.name, err)
		}
		ttl = msg.Header.Get("Nats-TTL")
		b.registration = schemas.Registration{}
		return json.Unmarshal(msg.Data, &b.registration)
	})
	return ttl
}

// verdict decodes a publication and checks it against the rules for every verdict.
func (b *bench) verdict(t testing.TB, f *schemas.Face, p publication) *schemas.Verdict {
	t.Helper()
	v := &schemas.Verdict{}
	if err := schemas.Unmarshal(p.data, v); err != nil {
		t.Fatal(err)
	}
	n := f.GetName()
	id := fmt.Sprintf("%s.%d.%s", n.GetSession(), n.GetSequence(), n.GetNonce())
	subject := b.verdictSubject(n.GetSession())
	if n.GetRun() != "" {
		id += "." + n.GetRun()
		subject = "rerun." + n.GetRun() + ".verdict." + b.subject.name + "." + n.GetSession()
	}
	id += ".verdict." + b.subject.name
	errs := []error{
		unequal("subject", p.subject, subject), unequal("Nats-Msg-Id", p.id, id), unequal("version", v.GetVersion(), f.GetVersion()),
		unequal("name", v.GetName().Key(), n.Key()), unequal("worker", v.GetWorker(), b.subject.name),
		unequal("decider", v.GetDecider(), f.GetDecider()), unequal("pack", v.GetPack(), b.registration.Pack),
	}
	for _, code := range v.GetErrors() {
		if plugin := schemas.IsPlugin(b.subject.name); plugin && (code < 1000 || code > 9999) || !plugin && schemas.CodeName(code) == "" {
			errs = append(errs, fmt.Errorf("code %d is not one that such a worker gives", code))
		}
	}
	if schemas.IsPlugin(b.subject.name) {
		for name := range v.GetEstimations().GetPlugins() {
			if name != b.subject.name || schemas.PluginEstimations(v) == nil {
				errs = append(errs, fmt.Errorf("estimations of %s: want one JSON object of its own, %d bytes at most", name, schemas.MaxPluginEstimations))
			}
		}
	}
	if v.GetEnds() == schemas.Outcome_OUTCOME_PASSED {
		errs = append(errs, errors.New("it ends the session as passed, which no worker can"))
	}
	if v.GetDetection() != nil {
		errs = append(errs, errors.New("it holds a detection, which is the detector's"))
	}
	if err := errors.Join(errs...); err != nil {
		t.Errorf("verdict %v: %v", v, err)
	}
	return v
}

func unequal[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s is %v, want %v", what, got, want)
	}
	return nil
}
