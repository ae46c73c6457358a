package streams

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/priority"
)

// ConnectForRuns connects to the broker of an installation for runs of recorded sessions alone. It creates and changes no
// stream, and uses only the address, the name and the credentials of o. The connection can publish frames of runs, subscribe with
// VerdictsOfRun, follow the Registry, request descriptions and store settings of runs. The role "runs" may do no more than that.
func ConnectForRuns(ctx context.Context, o Options) (*Conn, error) {
	c := newConn()
	opts, err := c.options(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := c.dial(o.URL, opts); err != nil {
		return nil, err
	}
	for _, name := range []string{BucketWorkers, BucketSettings} {
		kv, err := c.js.KeyValue(ctx, name)
		if err == nil {
			c.buckets[name], err = c.openBucket(ctx, name, kv)
		}
		if err != nil {
			c.Close()
			return nil, fmt.Errorf("find the installation on the broker: %w (do its workers run there?)", err)
		}
	}
	return c, nil
}

// ConsumeJudging is Consume for workers that judge frames or faces. Besides w.Stream it consumes the stream with the same
// messages of runs of recorded sessions. Both share w.Concurrency, and live messages go first. A message of a run that cannot
// be handled is dropped, because the recording still has it.
func (c *Conn) ConsumeJudging(ctx context.Context, w Work, handle func(context.Context, *Delivery) error) error {
	w.slots = priority.NewSemaphore(w.Concurrency)
	run := w
	run.run = true
	switch w.Stream {
	case Frames:
		run.Stream = RerunFrames
	case Faces:
		run.Stream = RerunFaces
	default:
		return fmt.Errorf("stream %s has no counterpart for runs of recorded sessions", w.Stream)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.Consume(ctx, w, handle) })
	group.Go(func() error { return c.Consume(ctx, run, handle) })
	return group.Wait()
}

// runBuffer is the number of verdicts of a run that may wait for handle.
const runBuffer = 8192

// VerdictsOfRun passes the verdicts of a run to handle, one after another, until ctx is done. It closes ready once it has
// subscribed. Verdicts are dropped when handle cannot keep up: publish the frame again.
func (c *Conn) VerdictsOfRun(ctx context.Context, run string, ready chan<- struct{}, handle func(*schemas.Verdict)) error {
	if !runToken.MatchString(run) {
		return errRunID(run)
	}
	verdicts := make(chan *nats.Msg, runBuffer)
	sub, err := c.nc.ChanSubscribe(rerunPrefix+run+"."+string(KindVerdict)+".*.*", verdicts)
	if err != nil {
		return Blame(Infrastructure, fmt.Errorf("subscribe to verdicts of run %s: %w", run, err))
	}
	defer unsubscribe(sub)
	if err := c.nc.FlushTimeout(requestTimeout); err != nil {
		return Blame(Infrastructure, fmt.Errorf("subscribe to verdicts of run %s: %w", run, err))
	}
	close(ready)
	for {
		select {
		case <-ctx.Done():
			return nil
		case msg := <-verdicts:
			if v := c.readVerdict(ctx, msg); v != nil {
				handle(v)
			}
		}
	}
}
