package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// conform checks one worker against every rule. The order matters: a rule may use what earlier ones left.
func conform(t *testing.T, s subject) {
	b := newBench(t, s)
	p := b.start(t)
	var told *session
	rule := func(name string, check func(*testing.T)) {
		if !t.Failed() { // what comes after would only repeat it
			t.Run(name, check)
		}
	}
	rule("metrics are there, at zero", func(t *testing.T) { b.metricsAtZero(t, p) })
	rule("it registers", b.registers)
	rule("it answers each face with one verdict", func(t *testing.T) { told = b.tell(t) })
	rule("repeated and in another order, faces get the same bytes", func(t *testing.T) { b.repeat(t, told, 1) })
	rule("unknown fields are harmless", func(t *testing.T) { b.unknownFields(t, told) })
	rule("poison is set aside, and the next face judged", b.poison)
	rule("a face that cannot be judged is answered", b.unjudgeable)
	rule("a face is acknowledged after its verdict is stored", b.refusedVerdicts)
	rule("a broker that forgot the consumer", b.forgottenConsumer)
	rule("recorded faces", func(t *testing.T) { b.recording(t, told) })
	rule("nothing leaks", func(t *testing.T) { b.leaks(t, p) })
	rule("metrics have counted", func(t *testing.T) { b.metricsCounted(t, p) })
	rule("it stops when told to", func(t *testing.T) { p.stop(t) })
	rule("killed and stopped in mid batch, nothing is lost", func(t *testing.T) { b.midBatch(t) })
	rule("another process says the same", func(t *testing.T) {
		p := b.start(t)
		b.repeat(t, told, 1)
		p.stop(t)
	})
}

func (b *bench) result(name string) []string {
	return []string{
		fmt.Sprintf("selene_worker_messages_total{result=%q,worker=%q}", name, b.subject.name),
		fmt.Sprintf("selene_worker_messages_total{worker=%q,result=%q}", b.subject.name, name),
	}
}

func (b *bench) count(samples map[string]float64, result string) (float64, error) {
	for _, name := range b.result(result) {
		if n, ok := samples[name]; ok {
			return n, nil
		}
	}
	return 0, fmt.Errorf("there is no %s", b.result(result)[0])
}

func (b *bench) metricsAtZero(t *testing.T, p *process) {
	streamstest.Eventually(t, func() error {
		samples, err := p.read()
		for _, result := range streams.Results {
			n, missing := b.count(samples, result)
			if err = errors.Join(err, missing); n != 0 {
				t.Errorf("before the first face %s is %v", result, n)
			}
		}
		return err
	})
}

func (b *bench) metricsCounted(t *testing.T, p *process) {
	streamstest.Eventually(t, func() error {
		samples, err := p.read()
		if err != nil {
			return err
		}
		for _, result := range []string{streams.ResultDone, streams.ResultRetried, streams.ResultDead} {
			if n, err := b.count(samples, result); err != nil || n == 0 {
				return fmt.Errorf("%s is %v after there were some (%w)", result, n, err)
			}
		}
		if name := fmt.Sprintf("selene_worker_seconds_count{worker=%q}", b.subject.name); samples[name] == 0 {
			return fmt.Errorf("%s is 0", name)
		}
		return nil
	})
}

func (b *bench) registers(t *testing.T) {
	if ttl := b.registered(t); ttl == "" || ttl == "never" {
		t.Errorf("the registration has no Nats-TTL: it would outlive the process")
	}
	if b.registration.Name != b.subject.name {
		t.Errorf("it registers as %q", b.registration.Name)
	}
	for _, c := range b.registration.Crops {
		if c.Name == "" || c.Width <= 0 || c.Height <= 0 || !slices.Contains([]string{"box", "square", "eyes", "arcface5"}, c.Kind) || !slices.Contains([]string{"rgb", "bgr"}, c.Color) {
			t.Errorf("crop %+v", c)
		}
	}
	streamstest.Eventually(t, func() error {
		_, info, err := b.consumer()
		if err != nil {
			return err
		}
		if info.Config.MaxDeliver > 0 || info.Config.FilterSubject != "" || info.Config.AckWait < 5e9 {
			return fmt.Errorf("its consumer has max_deliver %d, filter %q, ack_wait %s", info.Config.MaxDeliver, info.Config.FilterSubject, info.Config.AckWait)
		}
		return nil
	})
}

// session is a session whose faces were judged one after another, each with the state after the previous one.
type session struct {
	id    string
	faces []*schemas.Face
	sent  [][]byte
	said  [][]byte
}

func (b *bench) tell(t *testing.T) *session {
	s := &session{id: uuid.NewString()}
	var own []byte
	for n := range 4 {
		f := b.faceOf(s.id, uint64(n+1), own)
		b.storeFrame(t, f, "pass.frame."+s.id)
		s.faces, s.sent = append(s.faces, f), append(s.sent, b.send(t, f))
		said := b.heard(t, s.id, n+1)
		v := b.verdict(t, f, said)
		if v.GetFailure() != nil {
			t.Errorf("a good face was answered with failure %v", v.GetFailure())
		}
		if v.GetState() != nil {
			own = v.GetState()
		}
		s.said = append(s.said, said.data)
	}
	b.stored(t, s.id, uint64(len(s.faces)))
	b.settled(t)
	return s
}

// repeat sends every face of a session again, last one first, several at once. Each is answered with the same bytes and
// the same message ID, which the broker drops.
func (b *bench) repeat(t *testing.T, s *session, times int) {
	t.Helper()
	before := len(b.of(s.id))
	for range times {
		for _, data := range slices.Backward(s.sent) {
			b.publish(t, faceSubject(s.id), data, nil)
		}
	}
	b.heard(t, s.id, before+times*len(s.sent))
	b.settled(t)
	for _, again := range b.of(s.id)[before:] {
		if !slices.ContainsFunc(s.said, func(first []byte) bool { return bytes.Equal(first, again.data) }) {
			t.Fatalf("said of a face judged before:\n%s\nafter these:\n%s", text(again.data), text(s.said...))
		}
	}
	b.stored(t, s.id, uint64(len(s.faces)))
}

// text formats verdicts as text.
func text(encoded ...[]byte) string {
	var out []string
	for _, data := range encoded {
		v := &schemas.Verdict{}
		if err := schemas.Unmarshal(data, v); err != nil {
			return err.Error()
		}
		out = append(out, v.String())
	}
	return strings.Join(out, "\n")
}

func (b *bench) unknownFields(t *testing.T, s *session) {
	before := len(b.of(s.id))
	data := protowire.AppendTag(slices.Clone(s.sent[0]), 1000, protowire.BytesType)
	data = protowire.AppendBytes(data, []byte("of a later version"))
	data = protowire.AppendTag(data, 1001, protowire.VarintType)
	data = protowire.AppendVarint(data, 1<<60)
	b.publish(t, faceSubject(s.id), data, nil)
	if again := b.heard(t, s.id, before+1); !bytes.Equal(again.data, s.said[0]) {
		t.Errorf("with unknown fields it said %s\nwithout %s", text(again.data), text(s.said[0]))
	}
}

func (b *bench) poison(t *testing.T) {
	later := b.face()
	later.Version = schemas.Version + 98
	unknown, err := schemas.Marshal(later)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"garbage": bytes.Repeat([]byte{0xff, 0x07}, 200), "nothing": {}, "an unknown version": unknown} {
		session := uuid.NewString()
		sequence := b.publish(t, faceSubject(session), data, nats.Header{"Traceparent": {"00-1"}})
		letter := b.dead(t, session)
		h := letter.Header
		if !bytes.Equal(letter.Data, data) || h.Get(streams.HeaderReason) == "" || h.Get(streams.HeaderFault) != "input" || h.Get("Traceparent") != "00-1" ||
			h.Get(streams.HeaderWorker) != b.subject.name || h.Get(streams.HeaderSubject) != faceSubject(session) || h.Get(streams.HeaderSequence) != fmt.Sprint(sequence) {
			t.Errorf("%s: the dead letter is %d bytes with %v", name, len(letter.Data), h)
		}
		if said := b.of(session); len(said) > 0 {
			t.Errorf("%s: it said %s", name, text(said[0].data))
		}
	}
	b.judgesOn(t)
}

// judgesOn sends one more valid face.
func (b *bench) judgesOn(t *testing.T) {
	t.Helper()
	next := b.face()
	b.send(t, next)
	if v := b.verdict(t, next, b.heard(t, next.GetName().GetSession(), 1)); v.GetFailure() != nil {
		t.Errorf("the face after it was answered with failure %v", v.GetFailure())
	}
	b.settled(t)
}

func (b *bench) unjudgeable(t *testing.T) {
	for name, spoil := range map[string]func(*schemas.Face){
		"crops that were not cut":    func(f *schemas.Face) { f.Crops = nil },
		"crops of another size":      func(f *schemas.Face) { f.Crops[0].Width++ },
		"crops without their pixels": func(f *schemas.Face) { f.Crops[0].Pixels = nil },
	} {
		if len(b.registration.Crops) == 0 {
			break
		}
		f := b.face()
		spoil(f)
		b.send(t, f)
		session := f.GetName().GetSession()
		if v := b.verdict(t, f, b.heard(t, session, 1)); v.GetFailure().GetCode() != schemas.SystemInternal || v.GetFailure().GetDetail() == "" {
			t.Errorf("%s: verdict %v, want failure %d with its reason", name, v, schemas.SystemInternal)
		}
		b.dead(t, session)
	}
	// A worker's own state may come from another version of it. It may fail, but must not stay silent.
	for _, own := range [][]byte{{}, {0}, []byte("{}"), bytes.Repeat([]byte{0xfe}, 300)} {
		f := b.faceOf(uuid.NewString(), 2, own)
		b.send(t, f)
		b.verdict(t, f, b.heard(t, f.GetName().GetSession(), 1))
	}
	b.judgesOn(t)
}

// refusedVerdicts makes the broker refuse verdicts for a while, as with a full disk.
func (b *bench) refusedVerdicts(t *testing.T) {
	stream, err := b.js.Stream(b.ctx, verdicts)
	if err != nil {
		t.Fatal(err)
	}
	config := stream.CachedInfo().Config
	config.MaxMsgSize = 1
	if _, err := b.js.UpdateStream(b.ctx, config); err != nil {
		t.Fatal(err)
	}
	f := b.face()
	session := f.GetName().GetSession()
	b.send(t, f)
	b.heard(t, session, 2) // it tries again
	if _, info, err := b.consumer(); err != nil || info.NumAckPending != 1 {
		t.Errorf("%d faces are taken and not answered, want the one whose verdict is not stored (%v)", info.NumAckPending, err)
	}
	config.MaxMsgSize = -1
	if _, err := b.js.UpdateStream(b.ctx, config); err != nil {
		t.Fatal(err)
	}
	b.stored(t, session, 1)
	b.settled(t)
}

func (b *bench) forgottenConsumer(t *testing.T) {
	if err := b.js.DeleteConsumer(b.ctx, faces, b.subject.name); err != nil {
		t.Fatal(err)
	}
	stream, err := b.js.Stream(b.ctx, faces)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(b.ctx); err != nil { // what it has judged is not what this is about
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		_, _, err := b.consumer()
		return err
	})
	b.judgesOn(t)
}

// recording sends a session as a rerun. A worker need not accept such faces; one that does keeps them apart.
func (b *bench) recording(t *testing.T, s *session) {
	c, err := b.js.Consumer(b.ctx, "RERUN_"+faces, b.subject.name)
	if err != nil {
		t.Skipf("it does not judge recorded sessions again: %v", err)
	}
	const run = "run1"
	live := len(b.of(s.id))
	for i, f := range s.faces {
		f = &schemas.Face{
			Version: f.GetVersion(), Decider: f.GetDecider(), ReceivedUnixNanos: f.GetReceivedUnixNanos(), State: f.GetState(),
			Estimations: f.GetEstimations(), Landmarks: f.GetLandmarks(), Crops: f.GetCrops(),
			Name: &schemas.FrameName{Session: s.id, Sequence: f.GetName().GetSequence(), Nonce: f.GetName().GetNonce(), Run: run},
		}
		b.storeFrame(t, f, "rerun."+run+".frame."+s.id)
		data, err := schemas.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		b.publish(t, "rerun."+run+".face."+s.id, data, nil)
		v := b.verdict(t, f, b.heard(t, s.id, live+i+1))
		v.Name.Run = ""
		if again, err := schemas.Marshal(v); err != nil || !bytes.Equal(again, s.said[i]) {
			t.Errorf("judged again: %v, live: %s (%v)", v, text(s.said[i]), err)
		}
	}
	streamstest.Eventually(t, func() error {
		info, err := c.Info(b.ctx)
		if err == nil && info.NumAckPending > 0 {
			err = fmt.Errorf("%d recorded faces are taken and not answered", info.NumAckPending)
		}
		return err
	})
	b.stored(t, s.id, uint64(len(s.faces)))
}

const (
	loaded  = 150     // faces between two looks at what the process holds
	ballast = 500_000 // bytes of each that are of no use to the worker
	// Allowed growth between two measurements: less than half of what is sent.
	moreResident    = 32 << 20
	moreDescriptors = 3
	moreGoroutines  = 5
)

// leaks sends large faces and checks that the process does not retain them.
func (b *bench) leaks(t *testing.T, p *process) {
	load := func() {
		var sessions []string
		for range loaded {
			f := b.face()
			f.Crops = append(f.Crops, &schemas.Crop{Name: "stranger/ballast", Pixels: make([]byte, ballast)})
			b.send(t, f)
			sessions = append(sessions, f.GetName().GetSession())
		}
		for _, session := range sessions {
			b.heard(t, session, 1)
		}
		b.settled(t)
	}
	load() // buffers have their size then
	before, err := p.usage()
	if err != nil {
		t.Fatal(err)
	}
	load()
	streamstest.Eventually(t, func() error {
		now, err := p.usage()
		if err != nil {
			return err
		}
		if now.descriptors > before.descriptors+moreDescriptors || now.goroutines > before.goroutines+moreGoroutines || now.resident > before.resident+moreResident {
			return fmt.Errorf("it holds %+v after %d faces more, %+v before", now, loaded, before)
		}
		return nil
	})
}
