package streams_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// A process that is busy with a long message leaves the next ones to others.
func TestNothingIsFetchedWithoutAFreeSlot(t *testing.T) {
	t.Parallel()
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	const n = 5
	for i := range n {
		if _, err := c.PublishFrame(ctx, frame(uuid.NewString(), uint64(i))); err != nil {
			t.Fatal(err)
		}
	}
	free := make(chan struct{})
	busy := streams.Work{Stream: streams.Frames, Durable: "w", Concurrency: 2, AckWait: time.Hour}
	first := true
	busy.WaitForSlot = func(ctx context.Context) {
		if first {
			first = false
			return
		}
		select {
		case <-free:
		case <-ctx.Done():
		}
	}
	begun := make(chan struct{}, n)
	streamstest.Go(t, func(ctx context.Context) error {
		return c.Consume(ctx, busy, func(ctx context.Context, _ *streams.Delivery) error {
			begun <- struct{}{}
			<-ctx.Done()
			return nil
		})
	})
	<-begun
	var got atomic.Int32
	streamstest.Go(t, func(ctx context.Context) error {
		return c.Consume(ctx, streams.Work{Stream: streams.Frames, Durable: "w", Concurrency: 1, AckWait: time.Hour}, func(context.Context, *streams.Delivery) error {
			got.Add(1)
			return nil
		})
	})
	streamstest.Eventually(t, func() error {
		if got.Load() != n-1 {
			return fmt.Errorf("%d of %d handed on", got.Load(), n-1)
		}
		return nil
	})
	if len(begun) != 0 {
		t.Error("a second message was started without a free slot")
	}
}

// What another process took over is that one's to answer.
func TestRedeliveredMessageIsNotAcknowledged(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	if _, err := c.PublishFrame(ctx, frame(uuid.NewString(), 1)); err != nil {
		t.Fatal(err)
	}
	tries := make(chan int, 10)
	streamstest.Go(t, func(ctx context.Context) error {
		w := streams.Work{Stream: streams.Frames, Durable: "w", Concurrency: 1, AckWait: 300 * time.Millisecond}
		return c.Consume(ctx, w, func(_ context.Context, d *streams.Delivery) error {
			tries <- d.Try
			if d.Try == 1 {
				return fmt.Errorf("open elsewhere: %w", streams.ErrElsewhere)
			}
			return nil
		})
	})
	for want := 1; want <= 2; want++ {
		select {
		case got := <-tries:
			if got != want {
				t.Errorf("try %d, want %d", got, want)
			}
		case <-ctx.Done():
			t.Fatal("the message was acknowledged by a process that did not hold it")
		}
	}
}
