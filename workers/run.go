package workers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Options of a worker's loop.
type Options struct {
	Concurrency int    // faces judged at the same time; 0 = 1
	Version     string // shown to operators
}

const (
	ackWait = 20 * time.Second
	// stale is far beyond what an edge waits for a decision.
	stale = time.Minute
)

// Run judges faces with w until ctx is done: it registers the worker, pulls from FACES with bounded work in flight, and
// publishes each verdict before it acknowledges the face. See streams.Conn.Consume for what becomes of failures; a face
// that cannot be judged still gets a verdict saying so, so that its session gets an answer.
func Run(ctx context.Context, conn *streams.Conn, w Worker, o Options) error {
	reg := schemas.Registration{Name: w.Name(), Version: o.Version}
	if c, ok := w.(Cropper); ok {
		reg.Crops = c.Crops()
	}
	if m, ok := w.(Measurer); ok {
		reg.Pack = m.Pack()
	}
	work := streams.Work{
		Stream: streams.Faces, Durable: w.Name(), Concurrency: max(o.Concurrency, 1),
		AckWait: ackWait, MaxStale: stale, Observe: Observer(w.Name()),
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return conn.Register(ctx, reg) })
	group.Go(func() error {
		return conn.ConsumeJudging(ctx, work, func(ctx context.Context, d *streams.Delivery) error {
			return judge(ctx, conn, w, reg.Pack, d)
		})
	})
	return group.Wait()
}

func judge(ctx context.Context, conn *streams.Conn, w Worker, pack string, d *streams.Delivery) error {
	face, err := streams.Decode(d, &schemas.Face{})
	if err != nil {
		return err
	}
	settings, err := conn.SettingsAt(ctx, face.GetState().GetSettingsRevision())
	if err != nil {
		return err
	}
	// A worker of a plugin may be running without being named in this session's settings.
	verdict, err := guarded(ctx, w, face, State{Own: face.GetState().GetWorkers()[w.Name()], Settings: settings})
	if err != nil {
		if fault := streams.FaultOf(err); fault == streams.Infrastructure || fault == streams.Bug && !d.Last || ctx.Err() != nil {
			return err
		}
		verdict = &schemas.Verdict{Failure: &schemas.Failure{Code: schemas.SystemInternal, Detail: fmt.Sprintf("%s: %v", w.Name(), err)}}
	}
	verdict.Version, verdict.Name, verdict.Worker, verdict.Decider, verdict.Pack = schemas.Version, face.GetName(), w.Name(), face.GetDecider(), pack
	return errors.Join(err, conn.PublishVerdict(ctx, verdict))
}

func guarded(ctx context.Context, w Worker, f *schemas.Face, s State) (v *schemas.Verdict, err error) {
	defer func() {
		if p := recover(); p != nil {
			v, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	if v, err = w.Judge(ctx, f, s); v == nil && err == nil {
		err = errors.New("the worker returned neither a verdict nor an error")
	}
	return v, err
}
