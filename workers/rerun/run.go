package rerun

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Run judges recordings with the workers that a connection reaches. It publishes on separate subjects.
type Run struct {
	conn      *streams.Conn
	options   Options
	id        string
	registry  *streams.Registry
	joins     *joins
	slots     chan struct{} // one for each frame being judged
	published atomic.Uint64 // frames
}

// Options of a run.
type Options struct {
	Settings *schemas.Settings // to judge by; nil = the settings of each recording
	Workers  []string          // to ask again; for others the recorded verdicts stand. Empty = all
	Jobs     int               // frames, and sessions, judged at the same time; 1 to 128, 0 = 1
	Original bool              // publish frames at the pace at which they were received; otherwise as fast as the workers are
	Alone    bool              // the broker is used by this run only, so the images that other sessions had shown may be stored on it
	Timeout  time.Duration     // for the verdicts on one frame, after which it is published again; 0 = 10 s
	Judged   func()            // called after each frame, from several goroutines at once; may be nil
}

const (
	defaultTimeout = 10 * time.Second
	mostJobs       = 128 // the stream of runs holds this many faces
)

// New returns a run on the workers that conn reaches.
func New(conn *streams.Conn, o Options) *Run {
	o.Jobs = min(max(o.Jobs, 1), mostJobs)
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Judged == nil {
		o.Judged = func() {}
	}
	return &Run{
		conn: conn, options: o, id: strings.ReplaceAll(uuid.NewString(), "-", ""), registry: streams.NewRegistry(conn),
		joins: newJoins(), slots: make(chan struct{}, o.Jobs),
	}
}

// Do judges the sessions, Options.Jobs at a time, and calls done with each result, one after another. It ends with the first
// error.
func (r *Run) Do(ctx context.Context, sessions iter.Seq2[*Recording, error], done func(*Result) error) error {
	group, ctx := errgroup.WithContext(ctx)
	listen, stop := context.WithCancel(ctx)
	ready := make(chan struct{})
	group.Go(func() error { return r.conn.VerdictsOfRun(listen, r.id, ready, r.joins.take) })
	group.Go(func() error { return r.registry.Run(listen) })
	group.Go(func() error {
		defer stop()
		select {
		case <-ready:
		case <-ctx.Done():
			return ctx.Err()
		}
		return r.all(ctx, sessions, done)
	})
	return group.Wait()
}

func (r *Run) all(ctx context.Context, sessions iter.Seq2[*Recording, error], done func(*Result) error) error {
	results := make(chan *Result)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(results)
		play, ctx := errgroup.WithContext(ctx)
		play.SetLimit(r.options.Jobs)
		for recording, err := range sessions {
			if err != nil {
				play.Go(func() error { return err })
				break
			}
			play.Go(func() error {
				result, err := r.play(ctx, recording)
				if err := errors.Join(err, recording.Close()); err != nil {
					return fmt.Errorf("session %s: %w", recording.Session, err)
				}
				select {
				case results <- result:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
			if ctx.Err() != nil {
				break
			}
		}
		return play.Wait()
	})
	group.Go(func() error {
		for result := range results {
			if err := done(result); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}
