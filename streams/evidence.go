package streams

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
)

// ErrNotFound is returned for what is not, or no longer, stored.
var ErrNotFound = errors.New("not found")

// LastDecision is the session's newest decision with its stream sequence in the state. It is ErrNotFound before the first.
func (c *Conn) LastDecision(ctx context.Context, session string) (*schemas.Decision, error) {
	d, _, err := c.lastDecision(ctx, session)
	return d, err
}

// OwnLastDecision is LastDecision for those who go on from it: it is ErrImported when another installation decided, or
// somebody who wrote a recording to his liking.
func (c *Conn) OwnLastDecision(ctx context.Context, session string) (*schemas.Decision, error) {
	d, imported, err := c.lastDecision(ctx, session)
	if imported {
		return nil, fmt.Errorf("decision on session %s: %w", session, ErrImported)
	}
	return d, err
}

func (c *Conn) lastDecision(ctx context.Context, session string) (d *schemas.Decision, imported bool, err error) {
	msg, err := c.streams[Decisions].GetLastMsgForSubject(ctx, subject(KindDecision, session))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, false, fmt.Errorf("decision on session %s: %w", session, ErrNotFound)
	}
	if err != nil {
		return nil, false, Blame(Infrastructure, fmt.Errorf("read the last decision on %s: %w", session, err))
	}
	d = &schemas.Decision{}
	if err := schemas.Unmarshal(msg.Data, d); err != nil {
		return nil, false, Blame(Input, err)
	}
	Stamp(d, msg.Sequence)
	return d, msg.Header.Get(headerImported) != "", nil
}

// Stamp writes the sequence a decision got when it was stored into the state it carries.
func Stamp(d *schemas.Decision, sequence uint64) {
	if d.State == nil {
		d.State = &schemas.SessionState{}
	}
	d.State.LastDecision = sequence
}

// FrameAt is the frame with a stream sequence in FRAMES. It is ErrNotFound when it has been removed.
func (c *Conn) FrameAt(ctx context.Context, sequence uint64) (*schemas.Frame, error) {
	return c.frameIn(ctx, Frames, sequence)
}

// FrameOf is the frame a face was found in. It is ErrNotFound when it has been removed.
func (c *Conn) FrameOf(ctx context.Context, f *schemas.Face) (*schemas.Frame, error) {
	if f.GetName().GetRun() != "" {
		return c.frameIn(ctx, RerunFrames, f.GetFrame())
	}
	return c.frameIn(ctx, Frames, f.GetFrame())
}

func (c *Conn) frameIn(ctx context.Context, stream string, sequence uint64) (*schemas.Frame, error) {
	if sequence == 0 { // which the broker calls a bad request
		return nil, fmt.Errorf("frame 0: %w", ErrNotFound)
	}
	msg, err := c.streams[stream].GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, fmt.Errorf("frame %d: %w", sequence, ErrNotFound)
	}
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("read frame %d: %w", sequence, err))
	}
	f := &schemas.Frame{}
	return f, Blame(Input, schemas.Unmarshal(msg.Data, f))
}

// Stored is a message read back with its stream sequence.
type Stored[M any] struct {
	Sequence uint64
	Message  M
}

// FramesOf yields the session's frames that are stored now, in the order they were stored, without holding more than a
// few of them in memory.
func (c *Conn) FramesOf(ctx context.Context, session string) iter.Seq2[Stored[*schemas.Frame], error] {
	return readBack(ctx, c, Frames, subject(KindFrame, session), func() *schemas.Frame { return &schemas.Frame{} })
}

// DecisionsOf yields the session's decisions that are stored now.
func (c *Conn) DecisionsOf(ctx context.Context, session string) iter.Seq2[Stored[*schemas.Decision], error] {
	return readBack(ctx, c, Decisions, subject(KindDecision, session), func() *schemas.Decision { return &schemas.Decision{} })
}

// VerdictsOf yields the session's verdicts that are stored now.
func (c *Conn) VerdictsOf(ctx context.Context, session string) iter.Seq2[Stored[*schemas.Verdict], error] {
	return readBack(ctx, c, Verdicts, verdictSubject("*", session), func() *schemas.Verdict { return &schemas.Verdict{} })
}

// EventsOf yields the session's events.
func (c *Conn) EventsOf(ctx context.Context, session string) iter.Seq2[Stored[*schemas.SessionEvent], error] {
	return readBack(ctx, c, Sessions, subject(KindSession, session), func() *schemas.SessionEvent { return &schemas.SessionEvent{} })
}

// VideosOf yields the states of the session's video and exports.
func (c *Conn) VideosOf(ctx context.Context, session string) iter.Seq2[Stored[*schemas.VideoStatus], error] {
	return readBack(ctx, c, Videos, subject(KindVideo, session), func() *schemas.VideoStatus { return &schemas.VideoStatus{} })
}

// LastVideo is the newest state of the session's own video. It is ErrNotFound before the first.
func (c *Conn) LastVideo(ctx context.Context, session string) (*schemas.VideoStatus, error) {
	notFound := fmt.Errorf("video of session %s: %w", session, ErrNotFound)
	msg, err := c.streams[Videos].GetLastMsgForSubject(ctx, subject(KindVideo, session))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, notFound
	}
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("read the video state of %s: %w", session, err))
	}
	last := &schemas.VideoStatus{}
	if err := schemas.Unmarshal(msg.Data, last); err != nil || last.GetJob() == "" {
		return last, Blame(Input, err)
	}
	last = nil
	for v, err := range c.VideosOf(ctx, session) { // the newest is of an export
		if err != nil {
			return nil, err
		}
		if v.Message.GetJob() == "" {
			last = v.Message
		}
	}
	if last == nil {
		return nil, notFound
	}
	return last, nil
}
