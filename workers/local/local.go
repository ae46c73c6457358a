// Package local judges sessions inside one process, without a broker, by the code and with the result of the distributed
// system: detector, the judges of the settings, decider.
package local

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/activeliveness"
	"github.com/selene-liveness/selene/workers/detector"
	"github.com/selene-liveness/selene/workers/imagemodification"
	"github.com/selene-liveness/selene/workers/lightchallenge"
	"github.com/selene-liveness/selene/workers/liveness"
	"github.com/selene-liveness/selene/workers/matcher"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/virtualcamera"
	"github.com/selene-liveness/selene/workers/vision"
)

// Pipeline holds the workers of one installation. It is safe for concurrent use.
type Pipeline struct {
	models   *vision.Models
	settings *schemas.Settings
	judges   map[string]workers.Worker
	running  map[string]schemas.Registration
	lenses   sync.Pool
}

// New returns a pipeline that judges by settings. The models must have been opened with every role of the pack. Settings that
// name a plugin are an error. Pictures are decoded in this process. The virtual-camera worker
// knows no earlier sessions, so nothing but the frames of a session decides.
func New(m *vision.Models, s *schemas.Settings) (*Pipeline, error) {
	p := &Pipeline{models: m, settings: s, judges: map[string]workers.Worker{}, running: map[string]schemas.Registration{}}
	decoder := pictures.Here()
	for _, w := range []workers.Worker{
		liveness.New(m), matcher.New(m), activeliveness.New(), virtualcamera.New(inHand{}, decoder, nil),
		imagemodification.New(inHand{}, decoder),
		lightchallenge.New(),
	} {
		p.judges[w.Name()], p.running[w.Name()] = w, workers.Registered(w)
	}
	for _, name := range s.Judges() {
		if p.judges[name] == nil {
			return nil, fmt.Errorf("settings: worker %s is not one that can run in this process; known ones: %v", name, p.names())
		}
	}
	p.lenses.New = func() any { return detector.NewLens(m, decoder) }
	return p, nil
}

func (p *Pipeline) names() []string {
	var out []string
	for name := range p.judges {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// inHand returns the frame that a session carries in the context.
type inHand struct{}

type frameKey struct{}

func (inHand) FrameOf(ctx context.Context, _ *schemas.Face) (*schemas.Frame, error) {
	f, ok := ctx.Value(frameKey{}).(*schemas.Frame)
	if !ok {
		return nil, streams.ErrNotFound
	}
	return f, nil
}
