package audit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/selene-liveness/selene/edge/internal/audit"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestAudit(t *testing.T) {
	log := audit.New(streamstest.Connect(t, streamstest.Broker(t, false)))
	ctx := streamstest.Context(t)
	if entries, next, err := log.Before(ctx, 0); err != nil || len(entries) != 0 || next != 0 {
		t.Fatalf("got %v, %d, %v", entries, next, err)
	}
	for _, action := range []string{"", "sessions", "sessions.", "a.b.c", "sessions.erase.", "*.erase"} {
		if err := log.Add(ctx, schemas.AuditEntry{Action: action}); err == nil {
			t.Errorf("action %q is stored", action)
		}
	}
	const stored = 1203 // more than two windows
	for n := range stored {
		if err := log.Add(ctx, schemas.AuditEntry{At: time.Unix(int64(n), 0).UTC(), User: "u", Action: "sessions.erase", Object: fmt.Sprint(n)}); err != nil {
			t.Fatal(err)
		}
	}
	want, before := stored-1, uint64(0)
	for rounds := 1; ; rounds++ {
		entries, next, err := log.Before(ctx, before)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Message.Object != fmt.Sprint(want) || e.Message.At.Unix() != int64(want) || e.Sequence != uint64(want+1) {
				t.Fatalf("got %+v, want %d", e, want)
			}
			want--
		}
		if before = next; next == 0 {
			if rounds != 3 {
				t.Errorf("%d rounds", rounds)
			}
			break
		}
	}
	if want != -1 {
		t.Errorf("%d are left", want+1)
	}
}
