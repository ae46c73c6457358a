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
	readBackBytes    = MaxPayload + megabyte // the largest message, with its subjects, has to fit
	readBackMessages = 4096
	// readBackWait bounds the wait for a message that is stored. A broker that accepts larger messages than MaxPayload never
	// delivers them.
	readBackWait = 30 * time.Second
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
			msg, err := next(ctx, messages)
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

// next waits for a message that is stored.
func next(ctx context.Context, messages jetstream.MessagesContext) (jetstream.Msg, error) {
	wait, cancel := context.WithTimeout(ctx, readBackWait)
	defer cancel()
	msg, err := messages.Next(jetstream.NextContext(wait))
	if err != nil && wait.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("a stored message did not arrive within %v; it may be larger than %d bytes", readBackWait, readBackBytes)
	}
	return msg, err
}

// Range selects messages of a stream. The zero value selects all.
type Range struct {
	Subjects       []string // filters, of which one has to match; none = any subject
	From, To       uint64   // first and last sequence; 0 = no bound
	LastPerSubject bool     // the newest message of each subject only; excludes From
}

func (r Range) consumer() jetstream.OrderedConsumerConfig {
	config := jetstream.OrderedConsumerConfig{FilterSubjects: r.Subjects}
	switch {
	case r.LastPerSubject:
		config.DeliverPolicy = jetstream.DeliverLastPerSubjectPolicy
	case r.From > 0:
		config.DeliverPolicy, config.OptStartSeq = jetstream.DeliverByStartSequencePolicy, r.From
	}
	return config
}

// Read yields the messages of a range that are stored now, oldest first, and holds no more than a few in memory.
func (s *Stream) Read(ctx context.Context, r Range) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		for msg, err := range messagesOf(ctx, s.stream, r.consumer()) {
			if err != nil {
				yield(nil, err)
				return
			}
			if r.To > 0 && msg.Sequence.Stream > r.To {
				return
			}
			more := yield(&Message{msg.Subject(), msg.Sequence.Stream, msg.Timestamp, msg.Headers(), msg.Data()}, nil)
			if !more || msg.Sequence.Stream == r.To {
				return
			}
		}
	}
}
