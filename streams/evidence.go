package streams

import (
	"context"
	"fmt"
	"iter"

	"github.com/selene-liveness/selene/schemas"
)

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
	msg, err := c.Stream(Decisions).Last(ctx, Subject(KindDecision, session))
	if err != nil {
		return nil, false, fmt.Errorf("last decision on session %s: %w", session, err)
	}
	d = &schemas.Decision{}
	if err := schemas.Unmarshal(msg.Data, d); err != nil {
		return nil, false, Blame(Input, err)
	}
	Stamp(d, msg.Sequence)
	return d, msg.Imported(), nil
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
	msg, err := c.Stream(stream).At(ctx, sequence)
	if err != nil {
		return nil, fmt.Errorf("frame %d: %w", sequence, err)
	}
	f := &schemas.Frame{}
	return f, Blame(Input, schemas.Unmarshal(msg.Data, f))
}

// FramesOf yields the session's frames that are stored now, in the order they were stored, without holding more than a
// few of them in memory.
func (c *Conn) FramesOf(ctx context.Context, session string) iter.Seq2[Stored[*schemas.Frame], error] {
	return ReadAs[schemas.Frame](ctx, c.Stream(Frames), Subject(KindFrame, session))
}

// DecisionsOf yields the session's decisions that are stored now.
func (c *Conn) DecisionsOf(ctx context.Context, session string) iter.Seq2[Stored[*schemas.Decision], error] {
	return ReadAs[schemas.Decision](ctx, c.Stream(Decisions), Subject(KindDecision, session))
}

// VerdictsOf yields the session's verdicts that are stored now.
func (c *Conn) VerdictsOf(ctx context.Context, session string) iter.Seq2[Stored[*schemas.Verdict], error] {
	return ReadAs[schemas.Verdict](ctx, c.Stream(Verdicts), Subject(KindVerdict, "*", session))
}

// EventsOf yields the session's events.
func (c *Conn) EventsOf(ctx context.Context, session string) iter.Seq2[Stored[*schemas.SessionEvent], error] {
	return ReadAs[schemas.SessionEvent](ctx, c.Stream(Sessions), Subject(KindSession, session))
}

// VideosOf yields the states of the session's video and exports.
func (c *Conn) VideosOf(ctx context.Context, session string) iter.Seq2[Stored[*schemas.VideoStatus], error] {
	return ReadAs[schemas.VideoStatus](ctx, c.Stream(Videos), Subject(KindVideo, session))
}

// LastVideo is the newest state of the session's own video. It is ErrNotFound before the first.
func (c *Conn) LastVideo(ctx context.Context, session string) (*schemas.VideoStatus, error) {
	newest, err := LastAs[schemas.VideoStatus](ctx, c.Stream(Videos), Subject(KindVideo, session))
	if err != nil {
		return nil, fmt.Errorf("last video status of session %s: %w", session, err)
	}
	if newest.Message.GetJob() == "" {
		return newest.Message, nil
	}
	var last *schemas.VideoStatus
	for v, err := range c.VideosOf(ctx, session) { // the newest is of an export
		if err != nil {
			return nil, err
		}
		if v.Message.GetJob() == "" {
			last = v.Message
		}
	}
	if last == nil {
		return nil, fmt.Errorf("video of session %s: %w", session, ErrNotFound)
	}
	return last, nil
}
