package streams

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Reading back is bounded in bytes. The bound in messages is far higher, because a full buffer loses messages to the
// heartbeats in between, and reading starts again.
const (
	readBackBytes    = 8 * megabyte
	readBackMessages = 4096
)

// forgetConsumer removes a consumer at once. The broker would keep it for a while, and the number of consumers is limited.
func forgetConsumer(stream jetstream.Stream, consumer jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	err := stream.DeleteConsumer(ctx, consumer.CachedInfo().Name)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		slog.Warn("remove a consumer", "stream", stream.CachedInfo().Config.Name, "error", err)
	}
}

// storedMsg is a message of a stream and its position there.
type storedMsg struct {
	jetstream.Msg
	*jetstream.MsgMetadata
}

// messagesOf yields the messages of a stream that config selects and that are stored now, oldest first. It holds no more than a
// few of them in memory.
func messagesOf(ctx context.Context, stream jetstream.Stream, config jetstream.OrderedConsumerConfig) iter.Seq2[storedMsg, error] {
	return func(yield func(storedMsg, error) bool) {
		fail := func(err error) {
			yield(storedMsg{}, Blame(Infrastructure, fmt.Errorf("read %s back: %w", stream.CachedInfo().Config.Name, err)))
		}
		config.InactiveThreshold = time.Minute
		consumer, err := stream.OrderedConsumer(ctx, config)
		if err != nil {
			fail(err)
			return
		}
		defer forgetConsumer(stream, consumer)
		info, err := consumer.Info(ctx)
		if err != nil {
			fail(err)
			return
		}
		left := info.NumPending
		if left == 0 {
			return
		}
		messages, err := consumer.Messages(jetstream.PullMaxMessagesWithBytesLimit(readBackMessages, readBackBytes))
		if err != nil {
			fail(err)
			return
		}
		defer messages.Stop()
		for ; left > 0; left-- {
			msg, err := messages.Next(jetstream.NextContext(ctx))
			if err != nil {
				fail(err)
				return
			}
			meta, err := msg.Metadata()
			if err != nil {
				fail(err)
				return
			}
			if !yield(storedMsg{msg, meta}, nil) {
				return
			}
			left = min(left, meta.NumPending+1)
		}
	}
}
