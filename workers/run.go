package workers

import (
	"context"
	"fmt"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers/internal/judging"
)

// Options configure the loop of a worker.
type Options struct {
	Concurrency int    // faces judged at the same time; 0 = 1
	Version     string // shown to operators
}

// Run judges faces with w until ctx is done: it registers the worker, pulls from FACES with at most o.Concurrency faces in
// flight, and publishes each verdict before it acknowledges the face. A face that cannot be judged still gets a verdict,
// with a failure, so that its session gets an answer; see streams.Conn.Consume for the other cases. Run returns an
// error only if it cannot start.
func Run(ctx context.Context, conn *streams.Conn, w Worker, o Options) error {
	j := judgeOf(w, o.Version)
	j.Concurrency, j.Observe = max(o.Concurrency, 1), Observer(w.Name())
	return judging.Run(ctx, conn, j)
}

// Registered returns what Run registers of w: its name, its crops and its pack.
func Registered(w Worker) schemas.Registration {
	reg := schemas.Registration{Name: w.Name()}
	if c, ok := w.(Cropper); ok {
		reg.Crops = c.Crops()
	}
	if m, ok := w.(Measurer); ok {
		reg.Pack, reg.PackName, reg.Measures = m.Pack(), m.PackName(), m.Measures()
	}
	return reg
}

// Alone returns the verdict that Run would publish on a face after its last try, without a broker.
func Alone(ctx context.Context, w Worker, f *schemas.Face, s *schemas.Settings) *schemas.Verdict {
	j := judgeOf(w, "")
	v, err := j.Verdict(ctx, f, 0, s)
	if err != nil {
		v.Failure = j.Failure(err)
	}
	return v
}

func judgeOf(w Worker, version string) judging.Judge[*schemas.Face] {
	reg := Registered(w)
	reg.Version = version
	return judging.Judge[*schemas.Face]{
		Registration: reg, Stream: streams.Faces,
		New: func() *schemas.Face { return &schemas.Face{} },
		Judge: func(ctx context.Context, f *schemas.Face, _ uint64, s *schemas.Settings) (*schemas.Verdict, error) {
			// A plugin may be running without being named in the settings of this session.
			v, err := w.Judge(ctx, f, State{Own: f.GetState().GetWorkers()[w.Name()], Settings: s})
			if err != nil {
				return nil, err
			}
			return v, nil
		},
		Blank: func(*schemas.Face, uint64) *schemas.Verdict { return &schemas.Verdict{} },
		Failure: func(err error) *schemas.Failure {
			return &schemas.Failure{Code: schemas.SystemInternal, Detail: fmt.Sprintf("%s: %v", w.Name(), err)}
		},
	}
}
