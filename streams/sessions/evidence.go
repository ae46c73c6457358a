package sessions

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// LastDecision returns the session's newest decision with its stream sequence in the state. It returns
// streams.ErrNotFound before the first.
func (s *Store) LastDecision(ctx context.Context, session string) (*schemas.Decision, error) {
	d, _, err := s.lastDecision(ctx, session)
	return d, err
}

// OwnLastDecision is LastDecision for continuing the session. It returns ErrImported when no decider of this installation decided,
// because a recording may have been edited.
func (s *Store) OwnLastDecision(ctx context.Context, session string) (*schemas.Decision, error) {
	d, own, err := s.lastDecision(ctx, session)
	if err == nil && !own {
		return nil, fmt.Errorf("decision on session %s: %w", session, ErrImported)
	}
	return d, err
}

// lastDecision also returns whether a decider of this installation decided.
func (s *Store) lastDecision(ctx context.Context, session string) (d *schemas.Decision, own bool, err error) {
	msg, err := s.conn.Stream(streams.Decisions).Last(ctx, streams.Subject(streams.KindDecision, session))
	own = err == nil && msg.AtHome()
	if errors.Is(err, streams.ErrNotFound) {
		msg, err = s.conn.Stream(streams.Decisions).Last(ctx, importedDecision(session))
	}
	if err != nil {
		return nil, false, fmt.Errorf("last decision on session %s: %w", session, err)
	}
	d = &schemas.Decision{}
	if err := schemas.Unmarshal(msg.Data, d); err != nil {
		return nil, false, streams.Blame(streams.Input, err)
	}
	Stamp(d, msg.Sequence)
	return d, own, nil
}

// DecisionAt returns the decision of this installation on the session with a stream sequence in DECISIONS. It returns
// streams.ErrNotFound when there is none, and when the sequence is of something else.
func (s *Store) DecisionAt(ctx context.Context, session string, sequence uint64) (*schemas.Decision, error) {
	msg, err := s.conn.Stream(streams.Decisions).At(ctx, sequence)
	if err == nil && (msg.Subject != streams.Subject(streams.KindDecision, session) || !msg.AtHome()) {
		err = streams.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("decision %d on session %s: %w", sequence, session, err)
	}
	d := &schemas.Decision{}
	if err := schemas.Unmarshal(msg.Data, d); err != nil {
		return nil, streams.Blame(streams.Input, err)
	}
	Stamp(d, sequence)
	return d, nil
}

// Stamp writes the sequence at which a decision was stored, and its link of the chain, into the state it carries.
func Stamp(d *schemas.Decision, sequence uint64) {
	if d.State == nil {
		d.State = &schemas.SessionState{}
	}
	d.State.LastDecision, d.State.Chain = sequence, d.GetChain()
}

// FrameAt returns the frame with a stream sequence in FRAMES. It returns streams.ErrNotFound when it has been removed.
func (s *Store) FrameAt(ctx context.Context, sequence uint64) (*schemas.Frame, error) {
	return s.frameIn(ctx, streams.Frames, sequence)
}

// FrameOf returns the frame a face was found in. It returns streams.ErrNotFound when it has been removed.
func (s *Store) FrameOf(ctx context.Context, f *schemas.Face) (*schemas.Frame, error) {
	if f.GetName().GetRun() != "" {
		return s.frameIn(ctx, streams.RerunFrames, f.GetFrame())
	}
	return s.frameIn(ctx, streams.Frames, f.GetFrame())
}

func (s *Store) frameIn(ctx context.Context, stream string, sequence uint64) (*schemas.Frame, error) {
	msg, err := s.conn.Stream(stream).At(ctx, sequence)
	if err != nil {
		return nil, fmt.Errorf("frame %d: %w", sequence, err)
	}
	f := &schemas.Frame{}
	return f, streams.Blame(streams.Input, schemas.Unmarshal(msg.Data, f))
}

// FramesOf yields the stored frames of the session in the order they were stored, and holds no more than a few of them in
// memory.
func (s *Store) FramesOf(ctx context.Context, session string) iter.Seq2[streams.Stored[*schemas.Frame], error] {
	return streams.ReadAs[schemas.Frame](ctx, s.conn.Stream(streams.Frames), streams.Subject(streams.KindFrame, session))
}

// CountFrames returns how many frames of the session are stored, including those that were published again.
func (s *Store) CountFrames(ctx context.Context, session string) (uint64, error) {
	filter := streams.Subject(streams.KindFrame, session)
	subjects, err := s.conn.Stream(streams.Frames).Subjects(ctx, filter)
	return subjects[filter], err
}

// LastFrame returns the session's newest frame and its sequence in FRAMES. It returns streams.ErrNotFound when none is
// stored.
func (s *Store) LastFrame(ctx context.Context, session string) (streams.Stored[*schemas.Frame], error) {
	return streams.LastAs[schemas.Frame](ctx, s.conn.Stream(streams.Frames), streams.Subject(streams.KindFrame, session))
}

// FramesAge returns how long frames are kept at most.
func (s *Store) FramesAge() time.Duration { return s.conn.Stream(streams.Frames).MaxAge() }

// DecisionsOf yields the stored decisions of the session.
func (s *Store) DecisionsOf(ctx context.Context, session string) iter.Seq2[streams.Stored[*schemas.Decision], error] {
	return streams.ReadAs[schemas.Decision](
		ctx,
		s.conn.Stream(streams.Decisions),
		streams.Subject(streams.KindDecision, session),
		importedDecision(session),
	)
}

// VerdictsOf yields the stored verdicts of the session. It leaves out those that name another worker than their subject, which
// the broker lets nobody else use.
func (s *Store) VerdictsOf(ctx context.Context, session string) iter.Seq2[streams.Stored[*schemas.Verdict], error] {
	return func(yield func(streams.Stored[*schemas.Verdict], error) bool) {
		filter := streams.Range{Subjects: []string{streams.Subject(streams.KindVerdict, "*", "*", session)}}
		for msg, err := range s.conn.Stream(streams.Verdicts).Read(ctx, filter) {
			if err != nil {
				yield(streams.Stored[*schemas.Verdict]{}, err)
				return
			}
			v, err := verdictIn(msg, session)
			if err != nil {
				slog.Warn("verdict left out", "subject", msg.Subject, "error", err)
				continue
			}
			if !yield(streams.Stored[*schemas.Verdict]{Sequence: msg.Sequence, Message: v}, nil) {
				return
			}
		}
	}
}

// verdictIn returns the verdict in a message, which is where its worker may store it, or was imported.
func verdictIn(msg *streams.Message, session string) (*schemas.Verdict, error) {
	if !msg.Imported() {
		return streams.VerdictOf(msg.Subject, msg.Data)
	}
	v := &schemas.Verdict{}
	if err := schemas.Unmarshal(msg.Data, v); err != nil {
		return nil, streams.Blame(streams.Input, err)
	}
	if msg.Subject != streams.Subject(streams.KindVerdict, importedDecider, v.GetWorker(), session) {
		return nil, streams.Blame(streams.Input, fmt.Errorf("a verdict of %.80q was imported as another worker's", v.GetWorker()))
	}
	return v, nil
}

// LastVerdict returns the newest verdict that a decider was given by a worker on the session. It returns streams.ErrNotFound before
// the first.
func (s *Store) LastVerdict(ctx context.Context, decider, worker, session string) (*schemas.Verdict, error) {
	filter := streams.Subject(streams.KindVerdict, decider, worker, session)
	msg, err := s.conn.Stream(streams.Verdicts).Last(ctx, filter)
	if err != nil {
		return nil, fmt.Errorf("last verdict on session %s: %w", session, err)
	}
	return streams.VerdictOf(msg.Subject, msg.Data)
}

// EventsOf yields the events of the session.
func (s *Store) EventsOf(ctx context.Context, session string) iter.Seq2[streams.Stored[*schemas.SessionEvent], error] {
	return streams.ReadAs[schemas.SessionEvent](ctx, s.conn.Stream(streams.Sessions), streams.Subject(streams.KindSession, session))
}

// VideosOf yields the states of the session's video and of its exports.
func (s *Store) VideosOf(ctx context.Context, session string) iter.Seq2[streams.Stored[*schemas.VideoStatus], error] {
	return streams.ReadAs[schemas.VideoStatus](ctx, s.conn.Stream(streams.Videos), streams.Subject(streams.KindVideo, session))
}

// AnnouncementsOf yields how it went to notify others of the session's video and exports.
func (s *Store) AnnouncementsOf(ctx context.Context, session string) iter.Seq2[streams.Stored[*schemas.Announcement], error] {
	return streams.ReadAs[schemas.Announcement](
		ctx,
		s.conn.Stream(streams.Announcements),
		streams.Subject(streams.KindAnnouncement, session),
	)
}

// LastVideo returns the newest state of the session's own video. It returns streams.ErrNotFound before the first.
func (s *Store) LastVideo(ctx context.Context, session string) (*schemas.VideoStatus, error) {
	newest, err := streams.LastAs[schemas.VideoStatus](ctx, s.conn.Stream(streams.Videos), streams.Subject(streams.KindVideo, session))
	if err != nil {
		return nil, fmt.Errorf("last video status of session %s: %w", session, err)
	}
	if newest.Message.GetJob() == "" {
		return newest.Message, nil
	}
	var last *schemas.VideoStatus
	for v, err := range s.VideosOf(ctx, session) { // the newest is that of an export
		if err != nil {
			return nil, err
		}
		if v.Message.GetJob() == "" {
			last = v.Message
		}
	}
	if last == nil {
		return nil, fmt.Errorf("video of session %s: %w", session, streams.ErrNotFound)
	}
	return last, nil
}
