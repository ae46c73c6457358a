package streams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
)

// Delivery is one delivery of a message.
type Delivery struct {
	Subject  string
	Session  string // last token of the subject
	Sequence uint64 // in its stream
	Stored   time.Time
	Try      int  // 1 for the first delivery
	Last     bool // a failure now sets the message aside
	Header   nats.Header
	Data     []byte
	opened   bool // Data are as they were before they were sealed
	// Working resets the broker's timer, AckWait, of a message that takes long.
	Working func()
}

// Expired reports whether the delivery is the marker of a key that expired.
func (d *Delivery) Expired() bool { return d.Header.Get(headerMarkerReason) == markerExpired }

// Decode reads the message of a delivery into m. Bytes that cannot be read, or are of an unknown version, are an Input
// fault.
func Decode[M schemas.Message](d *Delivery, m M) (M, error) {
	return m, Blame(Input, schemas.Unmarshal(d.Data, m))
}

// message is a delivery on its way through the rules.
type message struct {
	*Delivery
	work   Work
	handle func(context.Context, *Delivery) error
	err    error // of handle
}

// handle puts one delivery through the rules and answers the broker.
func (c *Conn) handle(ctx context.Context, w Work, msg jetstream.Msg, handle func(context.Context, *Delivery) error) {
	start := time.Now()
	meta, err := msg.Metadata()
	if err != nil {
		warn("read the metadata of a", w, err)
		return
	}
	tries := int(meta.NumDelivered) //nolint:gosec // a count of tries
	m := &message{work: w, handle: c.opening(handle), Delivery: &Delivery{
		Subject: msg.Subject(), Session: lastToken(msg.Subject()), Sequence: meta.Sequence.Stream, Stored: meta.Timestamp,
		Try: tries, Last: tries >= w.MaxTries, Header: msg.Headers(), Data: msg.Data(),
		Working: func() { warn("extend the time of a", w, msg.InProgress()) },
	}}
	r := m.rule(ctx)
	c.answer(ctx, m, r, msg)
	if r.result != "" {
		w.Observe(r.result, time.Since(start))
	}
}

// opening returns a handler of messages as they are stored.
func (c *Conn) opening(handle func(context.Context, *Delivery) error) func(context.Context, *Delivery) error {
	return func(ctx context.Context, d *Delivery) error {
		if err := c.open(ctx, d); err != nil {
			return err
		}
		return handle(ctx, d)
	}
}

func (c *Conn) open(ctx context.Context, d *Delivery) error {
	if d.opened {
		return nil
	}
	data, err := c.keys.open(ctx, d.Subject, d.Header, d.Data)
	if err != nil {
		return err
	}
	d.Data, d.opened = data, true
	return nil
}

// answer acknowledges a message, or returns it to the broker for redelivery.
func (c *Conn) answer(ctx context.Context, m *message, r ruling, msg jetstream.Msg) {
	w := m.work
	switch r.answer {
	case acknowledge:
		warn("acknowledge a", w, msg.Ack())
	case takeBack:
		warn("return a", w, msg.Nak())
	case tryLater:
		delay := w.Delay(m.Try)
		slog.Warn(
			"message will be tried again",
			"worker",
			w.Durable,
			"session",
			m.Session,
			"try",
			m.Try,
			"in",
			delay,
			"fault",
			FaultOf(r.err),
			"error",
			r.err,
			StackAttr(r.err),
		)
		warn("return a", w, msg.NakWithDelay(delay))
	case setAside:
		fault := FaultOf(r.err)
		more, logged := 0, true
		if fault == Input { // which anybody can send
			more, logged = c.asides.note(w.Durable, time.Now())
		}
		if logged {
			slog.Error(
				"message set aside",
				"worker", w.Durable, "session", m.Session, "fault", fault, "error", r.err, "more", more, StackAttr(r.err),
			)
		}
		if !w.run { // the recording still has the messages of a run
			if err := c.deadLetter(ctx, m, r.err); err != nil {
				slog.Error("dead-letter stream", "worker", w.Durable, "session", m.Session, "error", err)
				warn("return a", w, msg.NakWithDelay(w.Delay(m.Try)))
				return
			}
		}
		warn("terminate a", w, msg.TermWithReason(fault.String()))
	}
}

// The headers of a dead letter, besides those of the original message.
const (
	HeaderReason   = "Selene-Reason"
	HeaderFault    = "Selene-Fault"
	HeaderWorker   = "Selene-Worker"
	HeaderSubject  = "Selene-Subject"
	HeaderSequence = "Selene-Sequence"
)

// deadLetter copies a message to the dead-letter stream, unless its session was erased. One that cannot be opened is copied as it is.
func (c *Conn) deadLetter(ctx context.Context, m *message, reason error) error {
	if err := c.open(ctx, m.Delivery); errors.Is(err, ErrErased) {
		return nil
	}
	dead := &nats.Msg{Subject: Subject(KindDead, m.work.Durable, m.Session), Header: nats.Header{}, Data: m.Data}
	for name, values := range m.Header {
		if name != nats.MsgIdHdr && name != nats.ExpectedLastSubjSeqHdr && name != headerSealed {
			dead.Header[name] = values
		}
	}
	dead.Header.Set(HeaderReason, reasonOf(reason))
	dead.Header.Set(HeaderFault, FaultOf(reason).String())
	dead.Header.Set(HeaderWorker, m.work.Durable)
	dead.Header.Set(HeaderSubject, m.Subject)
	dead.Header.Set(HeaderSequence, fmt.Sprint(m.Sequence))
	if err := c.keys.seal(ctx, dead); err != nil {
		if errors.Is(err, ErrErased) {
			return nil
		}
		return err
	}
	if _, err := c.js.PublishMsg(ctx, dead); err != nil {
		return fmt.Errorf("store dead letter: %w", err)
	}
	return nil
}

// reasonOf returns the text of an error on one line of at most 1000 characters, with as much of a panic's stack as fits.
func reasonOf(err error) string {
	const limit = 1000
	text := err.Error()
	var p *PanicError
	if errors.As(err, &p) {
		text += "\n" + p.Stack
	}
	out := []rune(text)
	for i, r := range out {
		if r == '\n' || r == '\r' || r == '\t' {
			out[i] = ' '
		}
	}
	return string(out[:min(len(out), limit)])
}

func lastToken(subject string) string {
	for i := len(subject) - 1; i >= 0; i-- {
		if subject[i] == '.' {
			return subject[i+1:]
		}
	}
	return subject
}

func warn(what string, w Work, err error) {
	if err != nil {
		slog.Warn("cannot "+what+" message", "worker", w.Durable, "error", err)
	}
}

// KeepWorking tells the broker at every interval that the message is being worked on, until stop is called: one that takes long is
// not given to another process too.
func (d *Delivery) KeepWorking(interval time.Duration) (stop func()) {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				d.Working()
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}
