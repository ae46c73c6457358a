package streams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Followed is a message of a stream that is followed.
type Followed struct {
	Session  string // last token of its subject
	Sequence uint64 // in its stream
	Stored   time.Time
	Left     uint64 // messages stored after it when it was sent
	Imported bool   // from a recording of another installation
	Data     []byte
}

// The most messages of a followed stream that are fetched ahead, and their total size.
const (
	followWindow = 512
	followBytes  = 4 * megabyte
)

// Follow passes the messages of a stream to handle one after another, beginning after a sequence: those that are stored, and
// then new ones, until ctx is done or handle returns an error, which Follow returns. Each message comes once and in order,
// even if the connection is lost in between. A slow handle delays nothing else, and no more than a few messages wait for it.
// caughtUp, unless it is nil, is called between two messages whenever no more are stored.
func (c *Conn) Follow(ctx context.Context, stream string, after uint64, handle func(Followed) error, caughtUp func()) error {
	if caughtUp == nil {
		caughtUp = func() {}
	}
	for try := 1; ctx.Err() == nil; try++ {
		begun, before := time.Now(), after
		err := c.follow(ctx, stream, &after, handle, caughtUp)
		var own *handleError
		if errors.As(err, &own) {
			return own.error
		}
		if err == nil {
			break
		}
		if after > before || time.Since(begun) > time.Minute {
			try = 1
		}
		slog.Warn("stream will be followed again", "stream", stream, "after", after, "error", err)
		retries.Wait(ctx, try)
	}
	return nil
}

// handleError is an error of handle, not of the broker.
type handleError struct{ error }

// follow returns nil when ctx is done.
func (c *Conn) follow(ctx context.Context, name string, after *uint64, handle func(Followed) error, caughtUp func()) (err error) {
	defer func() {
		var own *handleError
		if ctx.Err() != nil && !errors.As(err, &own) {
			err = nil // interrupted
		}
	}()
	stream, ok := c.streams[name]
	if !ok {
		return &handleError{fmt.Errorf("follow stream %s: it is not declared", name)}
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: *after + 1, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return fmt.Errorf("follow %s: %w", name, err)
	}
	defer forgetConsumer(stream, consumer)
	if consumer.CachedInfo().NumPending == 0 {
		caughtUp()
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessagesWithBytesLimit(followWindow, followBytes))
	if err != nil {
		return fmt.Errorf("follow %s: %w", name, err)
	}
	defer messages.Stop()
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("follow %s: %w", name, err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return fmt.Errorf("follow %s: %w", name, err)
		}
		if meta.Sequence.Stream <= *after {
			continue
		}
		m := &Message{msg.Subject(), meta.Sequence.Stream, meta.Timestamp, msg.Headers(), msg.Data()}
		err = (&Stream{stream, name, c.keys}).opened(ctx, m, Range{})
		if err != nil && !errors.Is(err, ErrErased) {
			return fmt.Errorf("follow %s: %w", name, err)
		}
		if err == nil {
			err = handle(Followed{
				Session: m.Token(), Sequence: m.Sequence, Stored: m.Stored, Left: meta.NumPending, Imported: m.Imported(), Data: m.Data,
			})
			if err != nil {
				return &handleError{err}
			}
		}
		if *after = meta.Sequence.Stream; meta.NumPending == 0 {
			caughtUp()
		}
	}
}
