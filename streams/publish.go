package streams

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/internal/conflict"
)

// PublishOptions say how a message is stored. The zero value stores it as it comes.
type PublishOptions struct {
	ID     string        // a message with the same ID as another of the last two minutes is dropped; empty = none
	Last   *uint64       // the sequence that the newest message on the subject must have, 0 for none; nil = any
	TTL    time.Duration // after which the broker removes it, in whole seconds and at least one; 0 = as the stream declares
	Header map[string]string

	Plain    bool // not sealed, because nothing in it is about a person
	Imported bool // from a recording of another installation: it can be read, but workers do not receive it
}

// headerImported marks a message that was published as imported.
const headerImported = "Selene-Imported"

// Publish stores a message and returns its sequence in the stream of the subject. For a message that was dropped
// because of its ID, that is the sequence of the first one. It returns ErrChanged when the subject's newest message is not o.Last, and
// ErrErased when the session was erased.
func (c *Conn) Publish(ctx context.Context, subject string, data []byte, o PublishOptions) (uint64, error) {
	var opts []jetstream.PublishOpt
	if o.ID != "" {
		opts = append(opts, jetstream.WithMsgID(o.ID))
	}
	if o.Last != nil {
		opts = append(opts, jetstream.WithExpectLastSequencePerSubject(*o.Last))
	}
	if o.TTL > 0 {
		opts = append(opts, jetstream.WithMsgTTL(max(o.TTL.Truncate(time.Second), time.Second)))
	}
	msg := &nats.Msg{Subject: subject, Data: data, Header: nats.Header{}}
	for name, value := range o.Header {
		msg.Header.Set(name, value)
	}
	if o.Imported {
		msg.Header.Set(headerImported, "1")
	}
	if !o.Plain {
		if err := c.keys.seal(ctx, msg); err != nil {
			return 0, err
		}
	}
	ack, err := c.js.PublishMsg(ctx, msg, opts...)
	if conflict.Is(err) {
		return 0, ErrChanged
	}
	if err != nil {
		return 0, Blame(Infrastructure, fmt.Errorf("store on %s: %w", subject, err))
	}
	return ack.Sequence, nil
}

// PublishMessage is Publish for a generated message.
func (c *Conn) PublishMessage(ctx context.Context, subject string, m schemas.Message, o PublishOptions) (uint64, error) {
	data, err := schemas.Marshal(m)
	if err != nil {
		return 0, err
	}
	return c.Publish(ctx, subject, data, o)
}

// PublishFrame stores a frame and returns its sequence in FRAMES, or in RERUN_FRAMES when its name has a run. It writes the digest of
// the frame into its name.
func (c *Conn) PublishFrame(ctx context.Context, f *schemas.Frame) (uint64, error) {
	to, err := judgingSubject(KindFrame, f.GetName())
	if err != nil {
		return 0, err
	}
	if f.Name.Sha256, err = f.Digest(); err != nil {
		return 0, err
	}
	return c.PublishMessage(ctx, to, f, PublishOptions{ID: f.GetName().Key() + ".frame"})
}

// PublishFace stores a face for the judges.
func (c *Conn) PublishFace(ctx context.Context, f *schemas.Face) error {
	to, err := judgingSubject(KindFace, f.GetName())
	if err != nil {
		return err
	}
	_, err = c.PublishMessage(ctx, to, f, PublishOptions{ID: f.GetName().Key() + ".face"})
	return err
}

// PublishVerdict stores a verdict of the worker it names for the decider it names.
func (c *Conn) PublishVerdict(ctx context.Context, v *schemas.Verdict) error {
	to, err := verdictSubject(v)
	if err != nil {
		return err
	}
	_, err = c.PublishMessage(ctx, to, v, PublishOptions{ID: v.GetName().Key() + ".verdict." + v.GetWorker()})
	return err
}

// PublishDecision stores a decision as the one after sequence last of the session's decisions (0: as its first) and
// returns its sequence. It writes the decision's link of the chain into it, and returns ErrDecided when another decision came first.
func (c *Conn) PublishDecision(ctx context.Context, d *schemas.Decision, last uint64) (uint64, error) {
	if err := refuseRun("a decision", d.GetName()); err != nil {
		return 0, err
	}
	link, err := d.Link()
	if err != nil {
		return 0, err
	}
	d.Chain = link
	to := Subject(KindDecision, d.GetName().GetSession())
	seq, err := c.PublishMessage(ctx, to, d, PublishOptions{Last: &last, Header: map[string]string{HeaderSubject: to}})
	if errors.Is(err, ErrChanged) {
		return 0, ErrDecided
	}
	return seq, err
}

// PublishSessionEvent stores an event of a session's lifecycle.
func (c *Conn) PublishSessionEvent(ctx context.Context, e *schemas.SessionEvent) error {
	id := ""
	if e.GetKind() == schemas.SessionEventKind_SESSION_CLOSED {
		id = e.GetSession() + ".closed" // an edge and a decider may both notice the end
	}
	erased := e.GetKind() == schemas.SessionEventKind_SESSION_ERASED // it is to be read when the session's keys are gone
	_, err := c.PublishMessage(ctx, Subject(KindSession, e.GetSession()), e, PublishOptions{ID: id, Plain: erased})
	return err
}

// PublishVideo stores a status of a session's video.
func (c *Conn) PublishVideo(ctx context.Context, v *schemas.VideoStatus) error {
	_, err := c.PublishMessage(ctx, Subject(KindVideo, v.GetSession()), v, PublishOptions{})
	return err
}
