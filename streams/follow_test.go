package streams_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestFollow(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	id := uuid.NewString()
	opened := func(session string) *schemas.SessionEvent {
		return &schemas.SessionEvent{Version: schemas.Version, Session: session, Kind: schemas.SessionEventKind_SESSION_OPENED}
	}
	for range 2 {
		if err := c.PublishSessionEvent(ctx, opened(id)); err != nil {
			t.Fatal(err)
		}
	}
	if err := sessions.New(c).StoreImported(ctx, opened(id)); err != nil {
		t.Fatal(err)
	}
	errEnough := errors.New("enough")
	follow := func(after uint64, until int) (seen []uint64, caughtUp int) {
		t.Helper()
		err := c.Follow(ctx, streams.Sessions, after, func(m streams.Followed) error {
			if m.Session != id || m.Imported != (m.Sequence == 3) || len(m.Data) == 0 || time.Since(m.Stored) > time.Minute {
				t.Errorf("got %+v", m)
			}
			if seen = append(seen, m.Sequence); len(seen) == until {
				return errEnough
			}
			return nil
		}, func() {
			if caughtUp++; caughtUp == 1 { // what comes later comes too
				if err := c.PublishSessionEvent(ctx, opened(id)); err != nil {
					t.Error(err)
				}
			}
		})
		if !errors.Is(err, errEnough) {
			t.Fatal(err)
		}
		return seen, caughtUp
	}
	if seen, n := follow(0, 4); !slices.Equal(seen, []uint64{1, 2, 3, 4}) || n != 1 {
		t.Errorf("got %v, caught up %d times", seen, n)
	}
	if seen, n := follow(4, 1); !slices.Equal(seen, []uint64{5}) || n != 1 {
		t.Errorf("got %v, caught up %d times", seen, n)
	}
	gone, cancel := context.WithCancel(ctx)
	err := c.Follow(gone, streams.Sessions, 99, func(streams.Followed) error { return nil }, cancel)
	if err != nil {
		t.Error(err)
	}
	if err := c.Follow(ctx, "NOTHING", 0, nil, nil); err == nil {
		t.Error("followed a stream that does not exist")
	}
	s, err := c.Stream(streams.Sessions).State(ctx)
	if err != nil || s.First != 1 || s.Last != 5 || s.Messages != 5 || s.MaxAge != 720*time.Hour || time.Since(s.Made) > time.Minute {
		t.Errorf("got %+v, %v", s, err)
	}
}
