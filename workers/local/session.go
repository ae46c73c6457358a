package local

import (
	"context"
	"fmt"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/decider"
	"github.com/selene-liveness/selene/workers/detector"
)

// Session is a session of a pipeline. It is for one goroutine; several sessions may run at the same time.
type Session struct {
	pipeline *Pipeline
	id       string
	state    *schemas.SessionState
	ended    bool
}

// Open returns a new session with the state that the edge would create: the seed from which the actions are drawn (16 bytes),
// the time at which it opened, and the camera, which may be nil. The id may be anything.
func (p *Pipeline) Open(id string, seed []byte, opened time.Time, camera *schemas.Device) *Session {
	return &Session{pipeline: p, id: id, state: &schemas.SessionState{
		Seed: seed, OpenedUnixNanos: opened.UnixNano(), Device: camera,
	}}
}

// State returns the state that goes with the next frame. It must not be changed while Judge runs.
func (s *Session) State() *schemas.SessionState { return s.state }

// Judge returns the decision on an image (JPEG or PNG) that is received at this time. An image that the edge would refuse is an
// error, as is a frame after the end of the session; one that a worker cannot judge gives a decision with a failure.
func (s *Session) Judge(image []byte, at time.Time) (*schemas.Decision, error) {
	if s.ended {
		return nil, fmt.Errorf("session %s has ended", s.id)
	}
	info, err := imagefile.Verify(image, imagefile.MaxPixels)
	if err != nil {
		return nil, fmt.Errorf("frame %d of session %s: %w", s.state.GetSequence()+1, s.id, err)
	}
	sequence := s.state.GetSequence() + 1
	frame := &schemas.Frame{
		Version: schemas.Version, Name: &schemas.FrameName{Session: s.id, Sequence: sequence, Nonce: "local"},
		MediaType: info.Format.MediaType(), Image: image, ReceivedUnixNanos: at.UnixNano(), State: s.state,
	}
	p := s.pipeline
	lens := p.lenses.Get().(*detector.Lens)
	found, face := lens.Look(frame, sequence, p.settings, p.running)
	p.lenses.Put(lens)
	verdicts := map[string]*schemas.Verdict{schemas.WorkerDetector: found}
	if face != nil {
		ctx := context.WithValue(context.Background(), frameKey{}, frame)
		for _, name := range found.GetDetection().GetJudges() {
			verdicts[name] = workers.Alone(ctx, p.judges[name], face, p.settings)
		}
	}
	d := decider.Decide(p.settings, verdicts)
	d.ReceivedUnixNanos, d.DecidedUnixNanos = frame.GetReceivedUnixNanos(), frame.GetReceivedUnixNanos()
	d.State.LastDecision = sequence
	s.state, s.ended = d.GetState(), d.GetOutcome().Terminal()
	return d, nil
}
