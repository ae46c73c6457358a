package streams

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Stream reads and removes the stored messages of one stream. It is safe for concurrent use.
type Stream struct {
	stream jetstream.Stream
	name   string
	keys   *Keys
}

// Stream returns the stream with one of the names that topology declares. It panics for any other name.
func (c *Conn) Stream(name string) *Stream {
	s := c.streams[name]
	if s == nil {
		panic("streams: stream " + name + " is not declared")
	}
	return &Stream{s, name, c.keys}
}

// MaxAge returns how long messages are kept at most; 0 means without limit.
func (s *Stream) MaxAge() time.Duration { return s.stream.CachedInfo().Config.MaxAge }

// StreamState describes the contents of a stream at one moment.
type StreamState struct {
	Made        time.Time // of the stream itself: one that was deleted and created again is another
	First, Last uint64    // sequences; Last stays when its message is removed
	Messages    uint64
	Bytes       uint64
	Oldest      time.Time     // when the first message was stored
	MaxAge      time.Duration // of a message; 0 = any
	MaxBytes    int64         // of all messages; -1 = any
}

// State returns what the stream holds now.
func (s *Stream) State(ctx context.Context) (StreamState, error) {
	info, err := s.stream.Info(ctx)
	if err != nil {
		return StreamState{}, Blame(Infrastructure, fmt.Errorf("read the state of %s: %w", s.name, err))
	}
	now := info.State
	return StreamState{
		Made: info.Created, First: now.FirstSeq, Last: now.LastSeq, Messages: now.Msgs, Bytes: now.Bytes, Oldest: now.FirstTime,
		MaxAge: info.Config.MaxAge, MaxBytes: info.Config.MaxBytes,
	}, nil
}

// Subjects returns how many messages each subject has that matches a filter.
func (s *Stream) Subjects(ctx context.Context, filter string) (map[string]uint64, error) {
	info, err := s.stream.Info(ctx, jetstream.WithSubjectFilter(filter))
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("list subjects of %s: %w", s.name, err))
	}
	return info.State.Subjects, nil
}

// At returns the message with a sequence. It returns ErrNotFound when there is no such message, or no longer.
func (s *Stream) At(ctx context.Context, sequence uint64) (*Message, error) {
	if sequence == 0 { // which the broker calls a bad request
		return nil, fmt.Errorf("message 0 of %s: %w", s.name, ErrNotFound)
	}
	msg, err := s.stream.GetMsg(ctx, sequence)
	return s.message(ctx, msg, err)
}

// First returns the oldest message whose subject matches a filter. It returns ErrNotFound when there is none.
func (s *Stream) First(ctx context.Context, filter string) (*Message, error) {
	msg, err := s.stream.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(filter))
	return s.message(ctx, msg, err)
}

// Last returns the newest message whose subject matches a filter. It returns ErrNotFound when there is none.
func (s *Stream) Last(ctx context.Context, filter string) (*Message, error) {
	msg, err := s.stream.GetLastMsgForSubject(ctx, filter)
	return s.message(ctx, msg, err)
}

func (s *Stream) message(ctx context.Context, msg *jetstream.RawStreamMsg, err error) (*Message, error) {
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, fmt.Errorf("message of %s: %w", s.name, ErrNotFound)
	}
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("read a message of %s: %w", s.name, err))
	}
	data, err := s.keys.open(ctx, msg.Subject, msg.Header, msg.Data)
	if err != nil {
		return nil, fmt.Errorf("message %d of %s: %w", msg.Sequence, s.name, err)
	}
	return &Message{msg.Subject, msg.Sequence, msg.Time, msg.Header, data}, nil
}

// SequenceAt returns the sequence of the first message stored at a time or later, or that of the next one to come.
func (s *Stream) SequenceAt(ctx context.Context, at time.Time) (uint64, error) {
	config := jetstream.OrderedConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartTimePolicy,
		OptStartTime:      &at,
		InactiveThreshold: time.Minute,
	}
	consumer, err := s.stream.OrderedConsumer(ctx, config)
	if err != nil {
		return 0, Blame(Infrastructure, fmt.Errorf("find %s in %s: %w", at, s.name, err))
	}
	defer forgetConsumer(s.stream, consumer)
	return consumer.CachedInfo().Delivered.Stream + 1, nil
}

// Purge removes the messages whose subject matches a filter, only those before a sequence unless that is 0.
func (s *Stream) Purge(ctx context.Context, filter string, before uint64) error {
	opts := []jetstream.StreamPurgeOpt{jetstream.WithPurgeSubject(filter)}
	if before > 0 {
		opts = append(opts, jetstream.WithPurgeSequence(before))
	}
	if err := s.stream.Purge(ctx, opts...); err != nil {
		return Blame(Infrastructure, fmt.Errorf("purge %s from %s: %w", filter, s.name, err))
	}
	return nil
}

// Delete removes one message.
func (s *Stream) Delete(ctx context.Context, sequence uint64) error {
	if err := s.stream.DeleteMsg(ctx, sequence); err != nil {
		return Blame(Infrastructure, fmt.Errorf("delete message %d of %s: %w", sequence, s.name, err))
	}
	return nil
}

// DeleteConsumer removes a durable consumer, if it exists. No process may use it any more.
func (s *Stream) DeleteConsumer(ctx context.Context, durable string) error {
	err := s.stream.DeleteConsumer(ctx, durable)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return Blame(Infrastructure, fmt.Errorf("delete consumer %s of %s: %w", durable, s.name, err))
	}
	return nil
}

// Waiting returns how many messages a durable consumer has still to deliver. It returns ErrNotFound as long as the
// consumer does not exist.
func (s *Stream) Waiting(ctx context.Context, durable string) (uint64, error) {
	consumer, err := s.stream.Consumer(ctx, durable) // which asks the broker
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return 0, fmt.Errorf("consumer %s of %s: %w", durable, s.name, ErrNotFound)
	}
	if err != nil {
		return 0, Blame(Infrastructure, fmt.Errorf("read the state of consumer %s of %s: %w", durable, s.name, err))
	}
	return consumer.CachedInfo().NumPending, nil
}
