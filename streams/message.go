package streams

import (
	"context"
	"iter"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/selene-liveness/selene/schemas"
)

// Message is a stored message.
type Message struct {
	Subject  string
	Sequence uint64 // in its stream
	Stored   time.Time
	Header   nats.Header
	Data     []byte
}

// Token returns the last token of the message's subject, which usually is a session ID.
func (m *Message) Token() string { return lastToken(m.Subject) }

// Imported reports whether another installation made the judgement in the message.
func (m *Message) Imported() bool { return m.Header.Get(headerImported) != "" }

// AtHome reports whether the message was published on the subject that it has. The broker sends what is stored to any subject that
// somebody asks for, also to one that they may not publish on.
func (m *Message) AtHome() bool { return m.Header.Get(HeaderSubject) == m.Subject }

const (
	headerOperation = "KV-Operation" // on the marker of a deleted key
	operationDelete = "DEL"

	headerMarkerReason = "Nats-Marker-Reason" // on the marker of what the broker removed
	markerExpired      = "MaxAge"
)

// Deleted reports whether the message is the marker of a key that was deleted or that expired.
func (m *Message) Deleted() bool {
	return m.Header.Get(headerOperation) != "" || m.Header.Get(headerMarkerReason) != ""
}

// Expired reports whether the message is the marker of a key that expired.
func (m *Message) Expired() bool { return m.Header.Get(headerMarkerReason) == markerExpired }

// Stored is a decoded message with its stream sequence.
type Stored[M any] struct {
	Sequence uint64
	Message  M
}

// messagePointer is a pointer to a generated message.
type messagePointer[T any] interface {
	*T
	schemas.Message
}

// ReadAs yields the decoded messages of one type whose subject matches one of the filters and that are stored now, oldest first:
// ReadAs[schemas.Frame](ctx, stream, filter). A message that cannot be decoded comes with an error; reading continues.
func ReadAs[T any, M messagePointer[T]](ctx context.Context, s *Stream, filters ...string) iter.Seq2[Stored[M], error] {
	return func(yield func(Stored[M], error) bool) {
		for msg, err := range s.Read(ctx, Range{Subjects: filters}) {
			if err != nil {
				yield(Stored[M]{}, err)
				return
			}
			m := M(new(T))
			if !yield(Stored[M]{msg.Sequence, m}, Blame(Input, schemas.Unmarshal(msg.Data, m))) {
				return
			}
		}
	}
}

// LastAs returns the decoded newest message whose subject matches a filter. It returns ErrNotFound when there is none.
func LastAs[T any, M messagePointer[T]](ctx context.Context, s *Stream, filter string) (Stored[M], error) {
	msg, err := s.Last(ctx, filter)
	if err != nil {
		return Stored[M]{}, err
	}
	m := M(new(T))
	return Stored[M]{msg.Sequence, m}, Blame(Input, schemas.Unmarshal(msg.Data, m))
}
