// Package events delivers events: decisions, steps of sessions, and steps of their videos. Events contain no images.
package events

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Kind is the subject of an event. It determines which fields are set.
type Kind string

// All kinds.
const (
	Decision Kind = "decision"
	Session  Kind = "session"
	Video    Kind = "video"
)

// Kinds returns all kinds.
func Kinds() []Kind { return []Kind{Decision, Session, Video} }

// Stream returns the stream that events of the kind come from.
func (k Kind) Stream() string {
	return map[Kind]string{Decision: streams.Decisions, Session: streams.Sessions, Video: streams.Videos}[k]
}

// Event is a decision or a step.
type Event struct {
	ID       string    `json:"id"` // unique in this installation; the same at every delivery
	Kind     Kind      `json:"kind"`
	Sequence uint64    `json:"sequence"`         // in the stream of its kind
	Cursor   string    `json:"cursor,omitempty"` // with which a socket continues after this event
	Session  string    `json:"session"`
	Label    string    `json:"label,omitempty"`   // the ID that the client asked for, if an earlier session has it; not of videos
	At       time.Time `json:"at"`                // when it was stored
	Outcome  string    `json:"outcome,omitempty"` // of a decision, "open" while the session continues; or of a closed session

	*Decided
	*Step
	*VideoStep
}

// Decided is a decision.
type Decided struct {
	Codes      []int32  `json:"codes"`                // of the failed checks
	Failure    int32    `json:"failure,omitempty"`    // why the frame could not be judged
	Frame      uint64   `json:"frame,omitempty"`      // its number in the session; 0 when the session timed out
	Attempts   uint32   `json:"attempts"`             // frames judged so far
	Similarity *float64 `json:"similarity,omitempty"` // 0..1, to the reference face, or to the previous frame's face without one
	Liveness   *float64 `json:"liveness,omitempty"`   // 0..1
}

// Step is a step of a session.
type Step struct {
	Event string     `json:"event"` // opened, resumed, disconnected, closed, erased, locked_out, sealed, anchored
	Edge  string     `json:"edge,omitempty"`
	Until *time.Time `json:"until,omitempty"` // of locked_out: when the person or address may try again
}

// VideoStep is a step of a video or an export.
type VideoStep struct {
	Status   string `json:"status"` // in_queue, exporting, success, error, canceled
	Percent  uint32 `json:"percent,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Export   string `json:"export,omitempty"` // ID; "" for the video of the session
	FileName string `json:"file_name,omitempty"`
}

// Read decodes a message of the stream of a kind. It returns nil for messages that are not delivered: those that this version
// cannot read, and those of imported sessions.
func Read(kind Kind, m streams.Followed) *Event {
	if m.Imported {
		return nil
	}
	e := &Event{ID: fmt.Sprintf("%s-%d", kind, m.Sequence), Kind: kind, Sequence: m.Sequence, Session: m.Session, At: m.Stored.UTC()}
	read := func(into schemas.Message) bool { return schemas.Unmarshal(m.Data, into) == nil }
	switch kind {
	case Decision:
		d := &schemas.Decision{}
		if !read(d) {
			return nil
		}
		e.Label = d.GetState().GetLabel()
		e.Outcome, e.Decided = schemas.OutcomeName(d.GetOutcome()), decided(d)
	case Session:
		s := &schemas.SessionEvent{}
		if !read(s) {
			return nil
		}
		e.Label = s.GetLabel()
		if s.GetOutcome().Terminal() {
			e.Outcome = schemas.OutcomeName(s.GetOutcome())
		}
		e.Step = &Step{Event: strings.ToLower(strings.TrimPrefix(s.GetKind().String(), "SESSION_")), Edge: s.GetEdge()}
		if until := s.GetUntilUnixNanos(); until > 0 {
			at := time.Unix(0, until).UTC()
			e.Until = &at
		}
	case Video:
		v := &schemas.VideoStatus{}
		if !read(v) {
			return nil
		}
		e.VideoStep = &VideoStep{v.GetStatus(), v.GetPercent(), v.GetReason(), v.GetJob(), v.GetFileName()}
	}
	return e
}

func decided(d *schemas.Decision) *Decided {
	out := &Decided{Codes: append([]int32{}, d.GetErrors()...), Failure: d.GetFailure().GetCode(), Attempts: d.GetState().GetAttempts()}
	if d.GetFrame() > 0 {
		out.Frame = d.GetName().GetSequence()
	}
	if m := d.GetEstimations(); m != nil {
		out.Liveness, out.Similarity = m.Liveness, m.PreviousFaceSimilarity
		if v := m.GetVerification(); v != nil {
			out.Similarity = proto.Float64(v.GetSimilarity())
		}
	}
	return out
}
