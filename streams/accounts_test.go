package streams_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestAccounts(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	if _, err := c.Account(ctx, "people"); !errors.Is(err, streams.ErrNotFound) {
		t.Fatalf("got %v", err)
	}
	put := func(key, data string, revision uint64) error { return c.PutAccount(ctx, key, []byte(data), revision) }
	if err := put("people", "one", 0); err != nil {
		t.Fatal(err)
	}
	if err := put("people", "two", 0); !errors.Is(err, streams.ErrChanged) {
		t.Errorf("made twice: %v", err)
	}
	v, err := c.Account(ctx, "people")
	if err != nil || string(v.Data) != "one" {
		t.Fatalf("got %+v, %v", v, err)
	}
	if err := put("people", "two", v.Revision); err != nil {
		t.Error(err)
	}
	if err := put("people", "three", v.Revision); !errors.Is(err, streams.ErrChanged) {
		t.Errorf("changed from an old revision: %v", err)
	}
	for n := range 3 {
		if err := put(fmt.Sprintf("token.%d", n), fmt.Sprint(n), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(c.DeleteAccount(ctx, "token.1"), c.DeleteAccount(ctx, "token.7")); err != nil {
		t.Fatal(err)
	}
	tokens, err := c.Accounts(ctx, "token.*")
	if err != nil || len(tokens) != 2 || tokens[1].Key != "token.2" || string(tokens[1].Data) != "2" {
		t.Errorf("got %+v, %v", tokens, err)
	}
	if none, err := c.Accounts(ctx, "nothing.*"); err != nil || len(none) != 0 {
		t.Errorf("got %+v, %v", none, err)
	}
}

func TestLogins(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	for _, key := range []string{"short", "long", "ended"} {
		ttl := time.Hour
		if key == "short" {
			ttl = time.Second
		}
		if err := c.PutLogin(ctx, key, []byte(key), 0, ttl); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.DeleteLogin(ctx, "ended"); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"short", "ended"} {
		streamstest.Eventually(t, func() error {
			if _, err := c.Login(ctx, key); !errors.Is(err, streams.ErrNotFound) {
				return fmt.Errorf("%s: %w", key, err)
			}
			return nil
		})
	}
	v, err := c.Login(ctx, "long")
	if err != nil || string(v.Data) != "long" {
		t.Fatalf("got %+v, %v", v, err)
	}
	if err := c.PutLogin(ctx, "long", []byte("longer"), v.Revision, time.Hour); err != nil {
		t.Error(err)
	}
	if err := c.PutLogin(ctx, "long", nil, v.Revision, time.Hour); !errors.Is(err, streams.ErrChanged) {
		t.Errorf("got %v", err)
	}
}

func TestAudit(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	if entries, next, err := c.AuditBefore(ctx, 0); err != nil || len(entries) != 0 || next != 0 {
		t.Fatalf("got %v, %d, %v", entries, next, err)
	}
	for _, action := range []string{"", "sessions", "sessions.", "a.b.c", "sessions.erase.", "*.erase"} {
		if err := c.PublishAudit(ctx, streams.AuditEntry{Action: action}); err == nil {
			t.Errorf("action %q is stored", action)
		}
	}
	const stored = 1203 // more than two windows
	for n := range stored {
		if err := c.PublishAudit(ctx, streams.AuditEntry{At: time.Unix(int64(n), 0).UTC(), User: "u", Action: "sessions.erase", Object: fmt.Sprint(n)}); err != nil {
			t.Fatal(err)
		}
	}
	want, before := stored-1, uint64(0)
	for rounds := 1; ; rounds++ {
		entries, next, err := c.AuditBefore(ctx, before)
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
