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

// Run judges recordings with the workers behind a connection. What it publishes lies in subjects of its own.
type Run struct {
	conn      *streams.Conn
	options   Options
	id        string
	registry  *streams.Registry
	joins     *joins
	slots     chan struct{} // one for each frame that the workers have
	published atomic.Uint64 // frames
}

// Options of a run.
type Options struct {
	Settings *schemas.Settings // instead of those a session was judged by; nil = those
	Workers  []string          // to be asked again; the verdicts of others are those of the recording. Empty = all
	Jobs     int               // frames the workers have at the same time, and sessions; 1 to 128, 0 = 1
	Original bool              // frames at the pace they came in; otherwise as fast as the workers are
	Alone    bool              // nobody else uses the broker: what a recording knows of other sessions may be told to it
	Patience time.Duration     // for one frame's verdicts, after which it is published again; 0 = 10 s
	Judged   func()            // called after each frame, from several goroutines at once; nil = nobody
}

const (
	defaultPatience = 10 * time.Second
	mostJobs        = 128 // faces that the stream of runs holds
)

// New returns a run on the workers that conn reaches.
func New(conn *streams.Conn, o Options) *Run {
	o.Jobs = min(max(o.Jobs, 1), mostJobs)
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	if o.Judged == nil {
		o.Judged = func() {}
	}
	return &Run{
		conn: conn, options: o, id: strings.ReplaceAll(uuid.NewString(), "-", ""), registry: streams.NewRegistry(conn),
		joins: newJoins(), slots: make(chan struct{}, o.Jobs),
	}
}

// Do judges the sessions, Options.Jobs at a time, and hands each result to done, one after another. The first error ends
// the run.
func (r *Run) Do(ctx context.Context, sessions iter.Seq2[*Recording, error], done func(*Result) error) error {
	group, ctx := errgroup.WithContext(ctx)
	listen, hush := context.WithCancel(ctx)
	ready := make(chan struct{})
	group.Go(func() error { return r.conn.VerdictsOfRun(listen, r.id, ready, r.joins.take) })
	group.Go(func() error { return r.registry.Run(listen) })
	group.Go(func() error {
		defer hush()
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
