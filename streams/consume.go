package streams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
)

// Work declares a durable pull consumer that all processes of one kind share.
type Work struct {
	Stream      string
	Durable     string        // consumer name, which is also the worker's
	From        uint64        // sequence of the first message, when the consumer is made; 0 = the oldest there is
	Concurrency int           // messages handled at the same time
	AckWait     time.Duration // a message is handed to another process after this long without an answer
	MaxTries    int           // deliveries before a message that meets a bug is set aside; 0 = 5
	MaxStale    time.Duration // a message older than this is dropped unread, since nobody waits for it any more; 0 = never
	Observe     func(result string, took time.Duration)
	// Delay is how long a message waits before it is tried again after so many tries; nil = from 100 ms to 10 s, growing.
	Delay func(tries int) time.Duration
	// Room, when set, is waited for before each message is fetched, and none is fetched ahead: for messages that take long,
	// which another process might begin sooner. It returns when there is room for one more, or when ctx is done.
	Room func(ctx context.Context)

	slots *slots
	run   bool // of recorded sessions
}

// Results a message can have, as Observe is told.
const (
	ResultDone    = "done"
	ResultRetried = "retried"
	ResultDead    = "dead"
	ResultStale   = "stale"
)

// Results lists them all, for metrics that start at zero.
var Results = []string{ResultDone, ResultRetried, ResultDead, ResultStale}

// Delivery is one message and where it stood.
type Delivery struct {
	Subject  string
	Session  string // last token of the subject
	Sequence uint64 // in its stream
	Stored   time.Time
	Try      int  // 1 for the first delivery
	Last     bool // a failure now sets the message aside
	Header   nats.Header
	Data     []byte
	// Working tells the broker that the message is still being worked on.
	Working func()
}

const (
	defaultTries = 5
	pullExpiry   = 5 * time.Second
	// hopeless times MaxTries deliveries end the tries for any reason: the broker's faults, or a message that kills the
	// process before it can say anything.
	hopeless  = 4
	drainTime = 4 * time.Second
)

// Consume hands the messages of w to handle, w.Concurrency at a time, until ctx is done. Then it asks for no more, gives
// back what was fetched but not begun, waits up to 4 s for what is under way, cancels that and returns nil.
//
// handle's error decides what becomes of a message: nil acknowledges it; one marked Infrastructure is tried again with
// growing delay; Input and Model go to the dead-letter stream at once; a Bug after MaxTries deliveries. A message whose
// handling kills the process is set aside after four times as many.
func (c *Conn) Consume(ctx context.Context, w Work, handle func(context.Context, *Delivery) error) error {
	if w.MaxTries == 0 {
		w.MaxTries = defaultTries
	}
	if w.Observe == nil {
		w.Observe = func(string, time.Duration) {}
	}
	if w.Delay == nil {
		w.Delay = retryDelay
	}
	if w.slots == nil {
		w.slots = newSlots(w.Concurrency)
	}
	// A broker that was restarted has forgotten the streams it held in memory, and their consumers with them.
	for try := 1; ctx.Err() == nil; try++ {
		begun := time.Now()
		err := c.consume(ctx, w, handle)
		if err == nil {
			break
		}
		if time.Since(begun) > time.Minute {
			try = 1
		}
		slog.Warn("consumer will be set up again", "consumer", w.Durable, "stream", w.Stream, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(retryDelay(try)):
		}
	}
	return nil
}

// consume runs until ctx is done or the consumer is gone.
func (c *Conn) consume(ctx context.Context, w Work, handle func(context.Context, *Delivery) error) (err error) {
	defer func() {
		if ctx.Err() != nil {
			err = nil // setting up was interrupted
		}
	}()
	stream, err := c.js.Stream(ctx, w.Stream)
	if err != nil {
		return fmt.Errorf("find stream %s: %w", w.Stream, err)
	}
	config := jetstream.ConsumerConfig{
		Durable: w.Durable, AckPolicy: jetstream.AckExplicitPolicy, AckWait: w.AckWait,
		MaxDeliver: -1, MaxAckPending: 1000, DeliverPolicy: jetstream.DeliverAllPolicy,
	}
	if w.From > 0 {
		config.DeliverPolicy, config.OptStartSeq = jetstream.DeliverByStartSequencePolicy, w.From
	}
	consumer, err := stream.CreateOrUpdateConsumer(ctx, config)
	if err != nil {
		return fmt.Errorf("create consumer %s on %s: %w", w.Durable, w.Stream, err)
	}
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	var running sync.WaitGroup
	// Little is fetched ahead: what one process has fetched no other can do. With room for one message in the buffer, the
	// next is asked for when the callback returns.
	ahead := w.Concurrency + 1
	if w.Room != nil {
		ahead = 1
		w.Room(ctx)
	}
	pull, err := consumer.Consume(func(msg jetstream.Msg) {
		if w.slots.take(ctx, !w.run) {
			running.Go(func() {
				defer w.slots.giveBack()
				c.handle(work, w, msg, handle)
			})
			if w.Room != nil {
				w.Room(ctx)
			}
			return
		}
		warn("give back", w, msg.Nak())
	}, jetstream.PullMaxMessages(ahead), jetstream.PullExpiry(pullExpiry), jetstream.ConsumeErrHandler(func(pull jetstream.ConsumeContext, err error) {
		if ctx.Err() != nil {
			return
		}
		if isGone(err) {
			pull.Stop()
		}
		slog.Warn("pull", "consumer", w.Durable, "stream", w.Stream, "error", err)
	}))
	if err != nil {
		return fmt.Errorf("pull from %s: %w", w.Stream, err)
	}
	stopped := context.AfterFunc(ctx, pull.Drain)
	defer stopped()
	<-pull.Closed()
	grace := time.AfterFunc(drainTime, abandon)
	defer grace.Stop()
	running.Wait()
	return fmt.Errorf("consumer %s on %s is gone", w.Durable, w.Stream)
}

// isGone says whether an error of a pull means that there is nothing to pull from any more.
func isGone(err error) bool {
	for _, gone := range []error{jetstream.ErrConsumerDeleted, jetstream.ErrConsumerNotFound, jetstream.ErrStreamNotFound, jetstream.ErrNoHeartbeat, nats.ErrNoResponders} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}

func (c *Conn) handle(ctx context.Context, w Work, msg jetstream.Msg, handle func(context.Context, *Delivery) error) {
	start := time.Now()
	meta, err := msg.Metadata()
	if err != nil {
		warn("read metadata", w, err)
		return
	}
	tries := int(meta.NumDelivered)
	if w.MaxStale > 0 && time.Since(meta.Timestamp) > w.MaxStale {
		warn("acknowledge", w, msg.Ack())
		w.Observe(ResultStale, 0)
		return
	}
	d := &Delivery{
		Subject: msg.Subject(), Session: lastToken(msg.Subject()), Sequence: meta.Sequence.Stream, Stored: meta.Timestamp, Try: tries, Last: tries >= w.MaxTries,
		Header: msg.Headers(), Data: msg.Data(), Working: func() { warn("extend", w, msg.InProgress()) },
	}
	if d.Header.Get(headerImported) != "" {
		warn("acknowledge", w, msg.Ack())
		return
	}
	if tries > hopeless*w.MaxTries {
		err = Blame(Input, fmt.Errorf("not handled in %d deliveries", tries-1))
	} else {
		err = guard(ctx, d, handle)
	}
	result := ResultDone
	switch fault := FaultOf(err); {
	case err == nil:
		warn("acknowledge", w, msg.Ack())
	case errors.Is(err, ErrElsewhere):
		result = ResultRetried
	case ctx.Err() != nil: // interrupted: not the message's doing
		result = ResultRetried
		warn("give back", w, msg.Nak())
	case fault == Infrastructure || fault == Bug && !d.Last:
		result = ResultRetried
		delay := w.Delay(tries)
		slog.Warn("message will be tried again", "worker", w.Durable, "session", d.Session, "try", tries, "in", delay, "fault", fault, "error", err)
		warn("hand back", w, msg.NakWithDelay(delay))
	default:
		result = ResultDead
		slog.Error("message set aside", "worker", w.Durable, "session", d.Session, "fault", fault, "error", err)
		if w.run { // the recording still has it
			warn("terminate", w, msg.TermWithReason(fault.String()))
			break
		}
		if dead := c.deadLetter(ctx, w, msg, err); dead != nil {
			slog.Error("dead-letter stream", "worker", w.Durable, "session", d.Session, "error", dead)
			warn("hand back", w, msg.NakWithDelay(w.Delay(tries)))
			break
		}
		warn("terminate", w, msg.TermWithReason(fault.String()))
	}
	w.Observe(result, time.Since(start))
}

// guard turns a panic into an error, so that one message cannot stop the others.
func guard(ctx context.Context, d *Delivery, handle func(context.Context, *Delivery) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return handle(ctx, d)
}

// Decode reads the message of a delivery. Bytes that are no such message, or are of an unknown version, are the input's fault.
func Decode[M schemas.Message](d *Delivery, m M) (M, error) {
	return m, Blame(Input, schemas.Unmarshal(d.Data, m))
}

// retryDelay grows from 100 ms to 10 s.
func retryDelay(try int) time.Duration {
	return min(100*time.Millisecond<<min(max(try-1, 0), 10), 10*time.Second)
}

// The headers of a dead letter, beside those the message came with.
const (
	HeaderReason   = "Selene-Reason"
	HeaderFault    = "Selene-Fault"
	HeaderWorker   = "Selene-Worker"
	HeaderSubject  = "Selene-Subject"
	HeaderSequence = "Selene-Sequence"
)

func (c *Conn) deadLetter(ctx context.Context, w Work, msg jetstream.Msg, reason error) error {
	dead := &nats.Msg{Subject: Subject(KindDead, w.Durable, lastToken(msg.Subject())), Header: nats.Header{}, Data: msg.Data()}
	for name, values := range msg.Headers() {
		if name != nats.MsgIdHdr && name != nats.ExpectedLastSubjSeqHdr {
			dead.Header[name] = values
		}
	}
	dead.Header.Set(HeaderReason, oneLine(reason.Error()))
	dead.Header.Set(HeaderFault, FaultOf(reason).String())
	dead.Header.Set(HeaderWorker, w.Durable)
	dead.Header.Set(HeaderSubject, msg.Subject())
	if meta, err := msg.Metadata(); err == nil {
		dead.Header.Set(HeaderSequence, fmt.Sprint(meta.Sequence.Stream))
	}
	if _, err := c.js.PublishMsg(ctx, dead); err != nil {
		return fmt.Errorf("store dead letter: %w", err)
	}
	return nil
}

func oneLine(s string) string {
	const most = 1000
	out := []rune(s)
	for i, r := range out {
		if r == '\n' || r == '\r' {
			out[i] = ' '
		}
	}
	return string(out[:min(len(out), most)])
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
