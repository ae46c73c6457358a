// Package rerun judges recorded sessions again and reports what changed.
package rerun

import (
	"context"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/recording"
)

// Recording is everything that is stored about one session.
type Recording struct {
	Session  string
	Settings *schemas.Settings // by which it was judged; nil when no longer stored
	Outcome  schemas.Outcome   // of its last decision
	Steps    []Step            // decided frames, oldest first
	// Image returns the frame of a step as it was received, including its state. It is streams.ErrNotFound when the frame is no
	// longer stored.
	Image func(ctx context.Context, s Step) (*schemas.Frame, error)
	// Reference returns the face that the session was verified against; nil when there was none or it is no longer stored.
	Reference func(ctx context.Context) ([]byte, error)
	// Shared lists the images that other sessions had shown before.
	Shared []recording.SharedHash
	// Close closes the file that the recording is read from.
	Close func() error
}

// Step is one decided frame, without its image.
type Step struct {
	Decision *schemas.Decision
	Verdicts map[string]*schemas.Verdict // by worker
	Sequence uint64                      // of the decision in its stream
}

// steps holds the verdicts on each frame, by its name and the worker.
type steps map[string]map[string]*schemas.Verdict

func (s steps) add(v *schemas.Verdict) {
	key := v.GetName().Key()
	if s[key] == nil {
		s[key] = map[string]*schemas.Verdict{}
	}
	if s[key][v.GetWorker()] == nil { // the first one counted
		s[key][v.GetWorker()] = v
	}
}

func (r *Recording) decide(d streams.Stored[*schemas.Decision], s steps) {
	r.Outcome = d.Message.GetOutcome()
	if d.Message.GetFrame() != 0 { // a timeout has no frame
		r.Steps = append(r.Steps, Step{d.Message, s[d.Message.GetName().Key()], d.Sequence})
	}
}

// FromBundle reads a session from a bundle, and takes ownership of it unless there is an error. The error is a
// *recording.Error for a bundle that cannot be read. The caller verifies that the bundle is unchanged.
func FromBundle(b *recording.Bundle) (*Recording, error) {
	r := &Recording{Session: b.About.Session, Settings: b.About.Settings, Close: b.Close}
	steps := steps{}
	for v, err := range b.Verdicts() {
		if err != nil {
			return nil, err
		}
		steps.add(v.Message)
	}
	for d, err := range b.Decisions() {
		if err != nil {
			return nil, err
		}
		r.decide(d, steps)
	}
	for h, err := range b.SharedHashes() {
		if err != nil {
			return nil, err
		}
		r.Shared = append(r.Shared, h)
	}
	r.Image = func(_ context.Context, s Step) (*schemas.Frame, error) { return b.FrameOf(s.Decision) }
	r.Reference = func(context.Context) ([]byte, error) {
		image, _, err := b.Reference()
		return image, err
	}
	return r, nil
}
