package streams_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestLagOfWorkers(t *testing.T) {
	t.Parallel()
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	watch := streams.NewLagWatch(c)
	release, failing := make(chan struct{}), errors.New("not now")
	consume := func(durable string, handle func(context.Context, *streams.Delivery) error) {
		streamstest.Go(t, func(ctx context.Context) error {
			return c.Consume(ctx, streams.Work{Stream: streams.Faces, Durable: durable, Concurrency: 1, AckWait: 20 * time.Second}, handle)
		})
	}
	consume("hats", func(ctx context.Context, _ *streams.Delivery) error {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return nil
	})
	consume("hats-again-late", func(context.Context, *streams.Delivery) error { return nil })
	consume("shoes", func(context.Context, *streams.Delivery) error { return streams.Blame(streams.Infrastructure, failing) })
	for range 10 {
		if err := c.PublishFace(ctx, &schemas.Face{Version: schemas.Version, Name: &schemas.FrameName{Session: uuid.NewString()}}); err != nil {
			t.Fatal(err)
		}
	}
	look := func(check func(map[string]streams.Lag) bool) {
		t.Helper()
		streamstest.Eventually(t, func() error {
			all, err := watch.Look(ctx, []string{"hats-again", "hats"})
			if err != nil {
				return err
			}
			if !check(all) {
				return fmt.Errorf("got %+v", all)
			}
			return nil
		})
	}
	// One is stuck on its first; little more was fetched ahead.
	look(func(all map[string]streams.Lag) bool {
		hats, shoes := all["hats"], all["shoes"]
		_, late := all["hats-again"]
		return len(all) == 3 && late && hats.Pending > 0 && hats.InFlight > 0 && hats.Pending+uint64(hats.InFlight) == 10 && hats.Rate != nil && shoes.Redelivered > 0
	})
	close(release)
	look(func(all map[string]streams.Lag) bool {
		hats := all["hats"]
		return hats.Pending == 0 && hats.InFlight == 0 && hats.Rate != nil && *hats.Rate > 0 && hats.Pulled
	})
}

func TestRegistryCountsProcesses(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	r := streams.NewRegistry(c)
	streamstest.Go(t, r.Run)
	for _, version := range []string{"1", "2"} {
		streamstest.Go(t, func(ctx context.Context) error {
			return c.Register(ctx, schemas.Registration{Name: "liveness", Version: version})
		})
	}
	streamstest.Eventually(t, func() error {
		if n := len(r.Processes()); n != 2 || len(r.All()) != 1 {
			return fmt.Errorf("%d processes of %d workers", n, len(r.All()))
		}
		return nil
	})
}
