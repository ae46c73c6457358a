package streams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/streams/backoff"
	"github.com/selene-liveness/selene/streams/priority"
)

// Work declares a durable pull consumer that all processes of one kind share.
type Work struct {
	Stream      string
	Durable     string        // consumer name, which is also the worker's
	From        uint64        // sequence of the first message, used when the consumer is created; 0 = the oldest stored
	Concurrency int           // messages handled at the same time
	AckWait     time.Duration // a message is delivered again, to any process, after this long without an answer
	MaxTries    int           // deliveries before a message whose handling fails with a bug is set aside; 0 = 5
	MaxStale    time.Duration // older messages are acknowledged unread, since nobody waits for them any more; 0 = none
	// Observe, if set, is called after each delivery with one of Results.
	Observe func(result string, took time.Duration)
	// Delay returns how long a message waits before it is tried again after so many tries; nil = 100 ms, doubled up to 10 s.
	Delay func(tries int) time.Duration
	// WaitForSlot, if set, is called before each message is fetched, and no message is fetched ahead: for messages that take
	// long, which another process might begin sooner. It returns when one more message can be handled, or when ctx is done.
	WaitForSlot func(ctx context.Context)

	slots *priority.Semaphore
	run   bool // the stream holds messages of runs of recorded sessions
}

const (
	defaultTries = 5
	pullExpiry   = 5 * time.Second
	drainTime    = 4 * time.Second
)

// retries is the delay before a message is tried again, and before a consumer is set up again.
var retries = backoff.Policy{First: 100 * time.Millisecond, Most: 10 * time.Second}

// Consume passes the messages of w to handle, w.Concurrency at a time, until ctx is done. Then it fetches no more, returns
// fetched messages that were not begun to the broker, waits up to 4 s for those being handled, cancels their context and
// returns nil.
//
// The error of handle decides what happens to a message: nil acknowledges it; after an Infrastructure fault it is tried
// again with growing delay; after an Input or Model fault it goes to the dead-letter stream at once, after a Bug or a panic
// once it has been delivered MaxTries times. A message whose handling kills the process is set aside after four times as many.
func (c *Conn) Consume(ctx context.Context, w Work, handle func(context.Context, *Delivery) error) error {
	if w.MaxTries == 0 {
		w.MaxTries = defaultTries
	}
	if w.Observe == nil {
		w.Observe = func(string, time.Duration) {}
	}
	if w.Delay == nil {
		w.Delay = retries.Delay
	}
	if w.slots == nil {
		w.slots = priority.NewSemaphore(w.Concurrency)
	}
	// A restarted broker has lost the streams that it kept in memory, and their consumers.
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
		retries.Wait(ctx, try)
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
	// Little is fetched ahead: what one process has fetched no other process can handle. With a buffer of one message, the
	// next is fetched when the callback returns.
	ahead := w.Concurrency + 1
	if w.WaitForSlot != nil {
		ahead = 1
		w.WaitForSlot(ctx)
	}
	failed := func(pull jetstream.ConsumeContext, err error) {
		if ctx.Err() != nil {
			return
		}
		if isGone(err) {
			pull.Stop()
		}
		slog.Warn("pull", "consumer", w.Durable, "stream", w.Stream, "error", err)
	}
	pull, err := consumer.Consume(func(msg jetstream.Msg) {
		if w.slots.Acquire(ctx, w.class()) != nil {
			warn("return", w, msg.Nak())
			return
		}
		running.Go(func() {
			defer w.slots.Release()
			c.handle(work, w, msg, handle)
		})
		if w.WaitForSlot != nil {
			w.WaitForSlot(ctx)
		}
	}, jetstream.PullMaxMessages(ahead), jetstream.PullExpiry(pullExpiry), jetstream.ConsumeErrHandler(failed))
	if err != nil {
		return fmt.Errorf("pull from %s: %w", w.Stream, err)
	}
	defer context.AfterFunc(ctx, pull.Drain)()
	<-pull.Closed()
	grace := time.AfterFunc(drainTime, abandon)
	defer grace.Stop()
	running.Wait()
	return fmt.Errorf("consumer %s on %s is gone", w.Durable, w.Stream)
}

// isGone reports whether an error of a pull means that its consumer or stream no longer exists.
func isGone(err error) bool {
	for _, gone := range []error{
		jetstream.ErrConsumerDeleted, jetstream.ErrConsumerNotFound, jetstream.ErrStreamNotFound,
		jetstream.ErrNoHeartbeat, nats.ErrNoResponders,
	} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}

func (w Work) class() priority.Class {
	if w.run {
		return priority.Background
	}
	return priority.Urgent
}
