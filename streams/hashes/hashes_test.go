package hashes_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/hashes"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestFirstSessionIsRememberedUntilErased(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	victim, copycat := uuid.NewString(), uuid.NewString()
	see := func(session, hash string) string {
		t.Helper()
		first, err := hashes.New(c).FirstSight(ctx, &schemas.FrameName{Session: session}, hash)
		if err != nil {
			t.Fatal(err)
		}
		return first
	}
	for i, step := range []struct{ session, hash, want string }{
		{victim, "00112233aabbccdd", victim},
		{copycat, "00112233aabbccdd", victim},
		{victim, "00112233aabbccdd", victim}, // showing it again does not make it the copy
		{copycat, "99112233aabbccdd", copycat},
	} {
		if got := see(step.session, step.hash); got != step.want {
			t.Fatalf("step %d: first was %s, want %s", i, got, step.want)
		}
	}
	if shared, err := hashes.New(c).Shared(ctx, copycat); err != nil || len(shared) != 1 || shared["00112233aabbccdd"] != victim {
		t.Fatalf("the copycat shares %v, %v", shared, err)
	}
	if shared, err := hashes.New(c).Shared(ctx, victim); err != nil || len(shared) != 0 {
		t.Fatalf("the victim shares %v, %v", shared, err)
	}
	erased := &schemas.SessionEvent{Version: schemas.Version, Session: victim, Kind: schemas.SessionEventKind_SESSION_ERASED}
	if err := sessions.New(c).Erase(ctx, victim, erased); err != nil {
		t.Fatal(err)
	}
	if got := see(copycat, "00112233aabbccdd"); got != copycat {
		t.Fatalf("the erased session %s is still known", got)
	}
	for _, hash := range []string{"", "short", "00112233.>", "00112233AABBCCDD"} {
		if _, err := hashes.New(c).FirstSight(ctx, &schemas.FrameName{Session: victim}, hash); err == nil || streams.FaultOf(err) != streams.Input {
			t.Errorf("hash %q: %v", hash, err)
		}
	}
	if _, err := hashes.New(c).FirstSight(ctx, &schemas.FrameName{Session: "*"}, "00112233aabbccdd"); err == nil || errors.Is(err, streams.ErrNotFound) {
		t.Errorf("session *: %v", err)
	}
}
