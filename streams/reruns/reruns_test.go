package reruns_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/reruns"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestNoSessionIsJudgedAgainAfterTheDeadline(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	until := make(chan bool, 10)
	streamstest.Go(t, func(ctx context.Context) error {
		return reruns.Serve(ctx, c, func(ctx context.Context, o schemas.RerunOrder) ([]byte, error) {
			at, ok := ctx.Deadline()
			until <- ok && at.Equal(o.Until)
			<-ctx.Done()
			return nil, ctx.Err()
		})
	})
	streamstest.Eventually(t, func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := reruns.Order(ctx, c, schemas.RerunOrder{Session: uuid.NewString()})
		select {
		case ok := <-until: // and it was released: otherwise the test would not end
			if !ok {
				t.Error("the handler's context has no deadline")
			}
			return nil
		default:
			return fmt.Errorf("no process has worked on it: %w", err)
		}
	})
}
