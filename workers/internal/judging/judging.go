// Package judging is the loop in which the detector and all judges of faces run.
package judging

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/settings"
)

const (
	// ackWait is short: the edge leaves it to the broker to give the message of a worker that died to another one.
	ackWait = 8 * time.Second
	// maxStale is far beyond the time that an edge waits for a decision.
	maxStale = time.Minute
)

// Message is a frame or a face.
type Message interface {
	schemas.Message
	GetName() *schemas.FrameName
	GetDecider() string
	GetState() *schemas.SessionState
}

// Judge is a worker that gives a verdict on every message of a stream.
type Judge[M Message] struct {
	Registration schemas.Registration
	Stream       string
	Concurrency  int // messages judged at the same time
	Observe      func(result string, took time.Duration)

	// New returns an empty message.
	New func() M
	// Judge returns the verdict on a message of this sequence in the stream. It may return one with an error as well.
	Judge func(ctx context.Context, m M, sequence uint64, s *schemas.Settings) (*schemas.Verdict, error)
	// Blank returns the verdict to complete where Judge panicked or returned none.
	Blank func(m M, sequence uint64) *schemas.Verdict
	// Failure describes an error to the decider.
	Failure func(error) *schemas.Failure
}

// Run registers the worker and judges until ctx is done. A verdict is stored before its message is acknowledged. A message
// that cannot be judged still gets a verdict, with a failure, so that its session gets an answer; see streams.Conn.Consume
// for what else happens to it.
func Run[M Message](ctx context.Context, conn *streams.Conn, j Judge[M]) error {
	work := streams.Work{
		Stream: j.Stream, Durable: j.Registration.Name, Concurrency: j.Concurrency,
		AckWait: ackWait, MaxStale: maxStale, Observe: j.Observe,
	}
	j.Registration.Slots = j.Concurrency
	documents := settings.New(conn)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return conn.Register(ctx, j.Registration) })
	group.Go(func() error {
		return conn.ConsumeJudging(
			ctx,
			work,
			func(ctx context.Context, d *streams.Delivery) error {
				defer d.KeepWorking(ackWait / 4)()
				return j.handle(ctx, conn, documents, d)
			},
		)
	})
	return group.Wait()
}

func (j Judge[M]) handle(ctx context.Context, conn *streams.Conn, documents *settings.Store, d *streams.Delivery) error {
	m, err := streams.Decode(d, j.New())
	if err != nil {
		return err
	}
	document, err := documents.At(ctx, m.GetState().GetSettingsRevision())
	if err != nil {
		return err
	}
	v, err := j.Verdict(ctx, m, d.Sequence, document)
	if err != nil {
		if fault := streams.FaultOf(err); fault == streams.Infrastructure || fault == streams.Bug && !d.Last || ctx.Err() != nil {
			return err // it is tried again
		}
		v.Failure = j.Failure(err)
	}
	return errors.Join(err, conn.PublishVerdict(ctx, v))
}

// Verdict judges a message. The verdict names its frame and its worker, also when there is an error.
func (j Judge[M]) Verdict(ctx context.Context, m M, sequence uint64, s *schemas.Settings) (v *schemas.Verdict, err error) {
	err = streams.Guard(func() (err error) {
		v, err = j.Judge(ctx, m, sequence, s)
		return err
	})
	if v == nil && err == nil {
		err = errors.New("the worker returned neither a verdict nor an error")
	}
	if v == nil {
		v = j.Blank(m, sequence)
	}
	v.Version, v.Name, v.Decider = schemas.Version, m.GetName(), m.GetDecider()
	v.Worker, v.Pack, v.PackName = j.Registration.Name, j.Registration.Pack, j.Registration.PackName
	return v, err
}
