// Package detector is the first worker to see a frame: it decodes it, finds and measures the face, applies the
// checks that need no judge, and cuts out the crops that the judges request.
package detector

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/internal/judging"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/vision"
)

// Detector consumes FRAMES.
type Detector struct {
	conn     *streams.Conn
	models   *vision.Models
	registry *streams.Registry
	options  workers.Options
	lenses   chan *lens
}

// New returns a detector on models, which must have been opened with the roles detector, mesh, iris and pose, that decodes frames
// with decoder. The registry provides the crops that the judges need; the caller calls its Run.
func New(
	conn *streams.Conn, models *vision.Models, decoder pictures.Decoder, registry *streams.Registry, o workers.Options,
) *Detector {
	if o.Concurrency == 0 {
		o.Concurrency = runtime.NumCPU()
	}
	d := &Detector{conn, models, registry, o, make(chan *lens, o.Concurrency)}
	for range o.Concurrency {
		d.lenses <- newLens(models, decoder)
	}
	return d
}

// Run detects until ctx is done.
func (d *Detector) Run(ctx context.Context) error {
	return judging.Run(ctx, d.conn, judging.Judge[*schemas.Frame]{
		Registration: registration(d.models, d.options.Version),
		Stream:       streams.Frames, Concurrency: d.options.Concurrency, Observe: workers.Observer(schemas.WorkerDetector),
		New: func() *schemas.Frame { return &schemas.Frame{} }, Judge: d.judge, Blank: blank, Failure: failure,
	})
}

func registration(m *vision.Models, version string) schemas.Registration {
	r := schemas.Registration{
		Name: schemas.WorkerDetector, Version: version, Pack: m.Digest(), PackName: m.Name(), Measures: []string{},
	}
	if m.Has(vision.RoleMesh) {
		r.Measures = append(r.Measures, schemas.MeasureLandmarks)
	}
	return r
}

// judge publishes the face, if the frame is worth judging, and returns the verdict.
func (d *Detector) judge(ctx context.Context, f *schemas.Frame, sequence uint64, s *schemas.Settings) (*schemas.Verdict, error) {
	if !f.Intact() {
		return nil, streams.Blame(streams.Input, errors.New("the frame is not the one that its edge published"))
	}
	l := <-d.lenses
	defer func() { d.lenses <- l }()
	verdict, face, err := l.look(ctx, f, sequence, s, wants(d.registry.All(), f.GetState(), s))
	if err == nil && face != nil {
		err = d.conn.PublishFace(ctx, face)
	}
	return verdict, err
}

func failure(err error) *schemas.Failure {
	code := int32(schemas.SystemInternal)
	if errors.Is(err, vision.ErrUndecodable) {
		code = schemas.SystemUndecodable
	}
	return &schemas.Failure{Code: code, Detail: err.Error()}
}

// want is a judge of this session and the crops that it needs.
type want struct {
	judge string
	crops []schemas.CropSpec
}

// wants lists the judges of a session. A session that is marked as fake cannot pass any more, so it has none.
func wants(running map[string]schemas.Registration, state *schemas.SessionState, s *schemas.Settings) []want {
	if state.GetFake() {
		return nil
	}
	var out []want
	for _, name := range s.Judges() {
		out = append(out, want{name, running[name].Crops})
	}
	return out
}

func modelFault(what string, err error) error {
	return streams.Blame(streams.Model, fmt.Errorf("%s: %w", what, err))
}
