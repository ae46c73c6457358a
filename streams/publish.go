package streams

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
)

// store publishes m and returns its stream sequence once it is stored. A second message with the same id within two
// minutes is dropped by the broker, and the first one's sequence returned.
func (c *Conn) store(ctx context.Context, subject string, m schemas.Message, id string, opts ...jetstream.PublishOpt) (uint64, error) {
	data, err := schemas.Marshal(m)
	if err != nil {
		return 0, err
	}
	if id != "" {
		opts = append(opts, jetstream.WithMsgID(id))
	}
	ack, err := c.js.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: data}, opts...)
	if err != nil {
		return 0, Blame(Infrastructure, fmt.Errorf("store on %s: %w", subject, err))
	}
	return ack.Sequence, nil
}

// PublishFrame stores a frame and returns its sequence in FRAMES, or in RERUN_FRAMES when its name has a run.
func (c *Conn) PublishFrame(ctx context.Context, f *schemas.Frame) (uint64, error) {
	to, err := judgingSubject(KindFrame, f.GetName(), subject(KindFrame, f.GetName().GetSession()))
	if err != nil {
		return 0, err
	}
	return c.store(ctx, to, f, f.GetName().Key()+".frame")
}

// PublishFace stores a face for the judges.
func (c *Conn) PublishFace(ctx context.Context, f *schemas.Face) error {
	to, err := judgingSubject(KindFace, f.GetName(), subject(KindFace, f.GetName().GetSession()))
	if err != nil {
		return err
	}
	_, err = c.store(ctx, to, f, f.GetName().Key()+".face")
	return err
}

// PublishVerdict stores a verdict, on its way to the decider it names.
func (c *Conn) PublishVerdict(ctx context.Context, v *schemas.Verdict) error {
	to, err := judgingSubject(KindVerdict, v.GetName(), verdictSubject(v.GetDecider(), v.GetName().GetSession()))
	if err != nil {
		return err
	}
	_, err = c.store(ctx, to, v, v.GetName().Key()+".verdict."+v.GetWorker())
	return err
}

// ErrDecided is returned when the session already has a decision after the one the state came from.
var ErrDecided = errors.New("already decided")

// PublishDecision stores a decision as the one after sequence last of the session's decisions (0: as its first) and
// returns its sequence. It is ErrDecided when another came first.
func (c *Conn) PublishDecision(ctx context.Context, d *schemas.Decision, last uint64) (uint64, error) {
	if err := refuseRun("a decision", d.GetName()); err != nil {
		return 0, err
	}
	seq, err := c.store(ctx, subject(KindDecision, d.GetName().GetSession()), d, "", jetstream.WithExpectLastSequencePerSubject(last))
	if wrongLast(err) {
		return 0, ErrDecided
	}
	return seq, err
}

// PublishSessionEvent stores a step of a session's life.
func (c *Conn) PublishSessionEvent(ctx context.Context, e *schemas.SessionEvent) error {
	id := ""
	if e.GetKind() == schemas.SessionEventKind_SESSION_CLOSED {
		id = e.GetSession() + ".closed" // edges and reapers may both see the end
	}
	_, err := c.store(ctx, subject(KindSession, e.GetSession()), e, id)
	return err
}

// PublishVideo stores a step of the making of a video.
func (c *Conn) PublishVideo(ctx context.Context, v *schemas.VideoStatus) error {
	_, err := c.store(ctx, subject(KindVideo, v.GetSession()), v, "")
	return err
}

// PublishFirstVideo stores the first state of a session's own video. It stores nothing when there is one.
func (c *Conn) PublishFirstVideo(ctx context.Context, v *schemas.VideoStatus) error {
	newest := uint64(0)
	msg, err := c.streams[Videos].GetLastMsgForSubject(ctx, subject(KindVideo, v.GetSession()))
	switch {
	case err == nil:
		newest = msg.Sequence // of an export, it may be
	case !errors.Is(err, jetstream.ErrMsgNotFound):
		return Blame(Infrastructure, fmt.Errorf("read the video state of %s: %w", v.GetSession(), err))
	}
	if _, err := c.LastVideo(ctx, v.GetSession()); !errors.Is(err, ErrNotFound) {
		return err
	}
	_, err = c.store(ctx, subject(KindVideo, v.GetSession()), v, "", jetstream.WithExpectLastSequencePerSubject(newest))
	if wrongLast(err) { // somebody was faster
		return nil
	}
	return err
}
