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

// While every slot is taken the broker goes on sending heartbeats; they must not push out the messages that wait.
func TestHeartbeatsDoNotPushOutMessages(t *testing.T) {
	t.Parallel()
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t, 30*time.Second)
	const n = 6
	for i := range n {
		if _, err := c.PublishFrame(ctx, frame(uuid.NewString(), uint64(i))); err != nil {
			t.Fatal(err)
		}
	}
	heartbeats, stop := context.WithTimeout(ctx, 8*time.Second) // three of them
	defer stop()
	var got atomic.Int32
	w := streams.Work{Stream: streams.Frames, Durable: "w", Concurrency: 1, AckWait: time.Hour}
	streamstest.Go(t, func(ctx context.Context) error {
		return c.Consume(ctx, w, func(context.Context, *streams.Delivery) error {
			if got.Add(1) == 1 {
				<-heartbeats.Done()
			}
			return nil
		})
	})
	streamstest.Eventually(t, 20*time.Second, func() error {
		if got.Load() != n {
			return fmt.Errorf("%d of %d handled, and AckWait is an hour", got.Load(), n)
		}
		return nil
	})
}
