package sessions_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestPresence(t *testing.T) {
	t.Parallel()
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	id := uuid.NewString()
	if err := sessions.New(c).BeatEdge(ctx, "a", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	p, err := sessions.New(c).Claim(ctx, id, "a", time.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sessions.New(c).Claim(ctx, id, "b", time.Hour, nil); !errors.Is(err, sessions.ErrBusy) {
		t.Fatalf("live on a living edge: %v", err)
	}
	p.Connected = false
	if err := sessions.New(c).Refresh(ctx, id, p, time.Hour); err != nil {
		t.Fatal(err)
	}
	p2, err := sessions.New(c).Claim(ctx, id, "dead-edge", time.Hour, nil)
	if err != nil {
		t.Fatalf("after the socket closed: %v", err)
	}
	if err := sessions.New(c).Refresh(ctx, id, p, time.Hour); !errors.Is(err, sessions.ErrBusy) {
		t.Fatalf("the old socket must be notified that it lost the session: %v", err)
	}
	p3, err := sessions.New(c).Claim(ctx, id, "a", time.Hour, nil)
	if err != nil {
		t.Fatalf("an edge that never beats is dead: %v", err)
	}
	_ = p2

	var expired atomic.Int32
	streamstest.Go(t, func(ctx context.Context) error {
		w := streams.Work{Durable: "reaper", Concurrency: 1, AckWait: time.Minute}
		return sessions.New(c).ConsumeExpired(ctx, w, func(_ context.Context, session string) error {
			if session == id {
				expired.Add(1)
			}
			return nil
		})
	})
	if err := sessions.New(c).Refresh(ctx, id, p3, time.Second); err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		if expired.Load() != 1 {
			return errors.New("no expiry seen")
		}
		return nil
	})
	if _, err := sessions.New(c).Claim(ctx, id, "a", time.Hour, nil); err != nil {
		t.Fatalf("after expiry: %v", err)
	}
	if err := sessions.New(c).Forget(ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := sessions.New(c).Claim(ctx, id, "b", time.Hour, nil); err != nil {
		t.Fatalf("after forgetting: %v", err)
	}
}
