package video

import (
	"context"
	"iter"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// lane reads messages about the frames of a session alongside the frames themselves. Both are in the order in which they
// were judged, since a session has one frame in progress at a time, so each message is read once and none is kept.
type lane[M schemas.Message] struct {
	pull  func() (streams.Stored[M], error, bool)
	stop  func()
	frame func(M) uint64 // stream sequence of the frame that a message is about, 0 if none
	head  *M
}

func newLane[M schemas.Message](messages iter.Seq2[streams.Stored[M], error], frame func(M) uint64) *lane[M] {
	l := &lane[M]{frame: frame}
	l.pull, l.stop = iter.Pull2(messages)
	return l
}

// between returns the newest message about the frames from, inclusive, to until, exclusive: a frame, and the same one
// published again. It returns the zero M if there is no such message. Sequences must increase from call to call.
func (l *lane[M]) between(from, until uint64) (found M, err error) {
	for {
		if l.head == nil {
			m, err, ok := l.pull()
			if !ok || err != nil {
				return found, err
			}
			l.head = &m.Message
		}
		at := l.frame(*l.head)
		if at >= until {
			return found, nil
		}
		if at >= from {
			found = *l.head
		}
		l.head = nil
	}
}

func (w *Worker) decisions(ctx context.Context, session string) *lane[*schemas.Decision] {
	return newLane(w.sessions.DecisionsOf(ctx, session), (*schemas.Decision).GetFrame)
}

// detections returns the verdicts of the detector, which hold the landmarks.
func (w *Worker) detections(ctx context.Context, session string) *lane[*schemas.Verdict] {
	return newLane(w.sessions.VerdictsOf(ctx, session), func(v *schemas.Verdict) uint64 { return v.GetDetection().GetFrame() })
}
