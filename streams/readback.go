package streams

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
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
	Token          string   // the beginning of the last token of the subject, usually a session ID
	LastPerSubject bool     // the newest message of each subject only; excludes From

	headersOnly bool // data are neither read nor opened
}

func (r Range) consumer() jetstream.OrderedConsumerConfig {
	config := jetstream.OrderedConsumerConfig{FilterSubjects: r.Subjects, HeadersOnly: r.headersOnly}
	switch {
	case r.LastPerSubject:
		config.DeliverPolicy = jetstream.DeliverLastPerSubjectPolicy
	case r.From > 0:
		config.DeliverPolicy, config.OptStartSeq = jetstream.DeliverByStartSequencePolicy, r.From
	}
	return config
}

// Read yields the messages of a range that are stored now, oldest first, and holds no more than a few in memory. It leaves out those
// of erased sessions. One that was altered comes without data, so that it does not hide the others.
func (s *Stream) Read(ctx context.Context, r Range) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		var batch []*Message
		size := 0
		for msg, err := range messagesOf(ctx, s.stream, r.consumer()) {
			if err != nil {
				if s.yieldOpened(ctx, batch, r, yield) {
					yield(nil, err)
				}
				return
			}
			if r.To > 0 && msg.Sequence.Stream > r.To {
				break
			}
			last := msg.Sequence.Stream == r.To
			if strings.HasPrefix(lastToken(msg.Subject()), r.Token) {
				batch = append(batch, &Message{msg.Subject(), msg.Sequence.Stream, msg.Timestamp, msg.Headers(), msg.Data()})
				size += len(msg.Data())
			}
			if size < openBytes && len(batch) < openMessages && !last {
				continue
			}
			if !s.yieldOpened(ctx, batch, r, yield) || last {
				return
			}
			batch, size = batch[:0], 0
		}
		s.yieldOpened(ctx, batch, r, yield)
	}
}

// Messages are opened side by side, because each may need another key from the broker: so many, or of so many bytes.
const (
	openMessages = 64
	openBytes    = megabyte
	openParallel = 16
)

// yieldOpened yields the messages that are not left out. It reports whether to go on.
func (s *Stream) yieldOpened(ctx context.Context, batch []*Message, r Range, yield func(*Message, error) bool) bool {
	errs := make([]error, len(batch))
	var group errgroup.Group
	group.SetLimit(openParallel)
	for i, m := range batch {
		group.Go(func() error {
			errs[i] = s.opened(ctx, m, r)
			return nil
		})
	}
	_ = group.Wait() // errs has the errors
	for i, m := range batch {
		switch err := errs[i]; {
		case errors.Is(err, ErrErased):
		case err != nil:
			yield(nil, err)
			return false
		case !yield(m, nil):
			return false
		}
	}
	return true
}

// opened opens the data of a message. It returns ErrErased for one that is to be left out.
func (s *Stream) opened(ctx context.Context, m *Message, r Range) error {
	if r.headersOnly {
		return nil
	}
	data, err := s.keys.open(ctx, m.Subject, m.Header, m.Data)
	if err != nil && FaultOf(err) == Input {
		slog.Error("stored message", "stream", s.name, "sequence", m.Sequence, "error", err)
		err = nil
	}
	m.Data = data
	return err
}
