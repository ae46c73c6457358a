package streams_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestBucketUpdate(t *testing.T) {
	ctx := streamstest.Context(t)
	b := streamstest.Connect(t, streamstest.Broker(t, false)).Bucket(streams.BucketAccounts)
	if _, err := b.Get(ctx, "a"); !errors.Is(err, streams.ErrNotFound) {
		t.Fatalf("a key that does not exist: %v", err)
	}
	if _, err := b.Get(ctx, "not a key"); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("a key that cannot exist: %v", err)
	}
	first, err := b.Update(ctx, "a", []byte("1"), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Update(ctx, "a", []byte("2"), 0, 0); !errors.Is(err, streams.ErrChanged) {
		t.Errorf("created twice: %v", err)
	}
	second, err := b.Update(ctx, "a", []byte("2"), first, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Update(ctx, "a", []byte("3"), first, 0); !errors.Is(err, streams.ErrChanged) {
		t.Errorf("updated from an older revision: %v", err)
	}
	v, err := b.Get(ctx, "a")
	if err != nil || string(v.Data) != "2" || v.Revision != second || v.Key != "a" || v.Deleted {
		t.Errorf("got %+v, %v", v, err)
	}
}

// A key that was deleted leaves a marker for a while.
func TestBucketCreatesAgainAfterDelete(t *testing.T) {
	ctx := streamstest.Context(t)
	b := streamstest.Connect(t, streamstest.Broker(t, false)).Bucket(streams.BucketAccounts)
	for try := range 3 {
		revision, err := b.Update(ctx, "a", []byte("1"), 0, 0)
		if err != nil {
			t.Fatalf("create, try %d: %v", try, err)
		}
		if try == 1 {
			err = b.MarkDeleted(ctx, "a", revision)
		} else {
			err = b.Delete(ctx, "a")
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Get(ctx, "a"); !errors.Is(err, streams.ErrNotFound) {
			t.Fatalf("after deleting it: %v", err)
		}
		if err := b.MarkDeleted(ctx, "a", revision); !errors.Is(err, streams.ErrChanged) {
			t.Fatalf("deleting an older revision: %v", err)
		}
	}
	if list, err := b.List(ctx, ">"); err != nil || len(list) != 0 {
		t.Errorf("left: %v, %v", list, err)
	}
}

func TestBucketWatch(t *testing.T) {
	ctx, cancel := context.WithCancel(streamstest.Context(t))
	defer cancel()
	b := streamstest.Connect(t, streamstest.Broker(t, false)).Bucket(streams.BucketAccounts)
	for _, key := range []string{"user.a", "user.b", "token.c"} {
		if _, err := b.Put(ctx, key, []byte(key), 0); err != nil {
			t.Fatal(err)
		}
	}
	list, err := b.List(ctx, "user.*")
	if err != nil || len(list) != 2 || list[0].Key != "user.a" || string(list[1].Data) != "user.b" {
		t.Fatalf("listed %+v, %v", list, err)
	}
	var seen []string
	for v, err := range b.Watch(ctx, "user.*") {
		switch {
		case err != nil:
			t.Fatal(err)
		case v == nil:
			if err := b.Delete(ctx, "user.a"); err != nil {
				t.Fatal(err)
			}
			seen = append(seen, "")
		case v.Deleted:
			seen = append(seen, "-"+v.Key)
			cancel()
		default:
			seen = append(seen, v.Key)
		}
	}
	if want := []string{"user.a", "user.b", "", "-user.a"}; !slices.Equal(seen, want) {
		t.Errorf("watched %q, want %q", seen, want)
	}
}

func TestUndeclaredNamesPanic(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	for name, get := range map[string]func(){"bucket": func() { c.Bucket("x") }, "stream": func() { c.Stream("x") }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			get()
		}()
	}
}

func TestBucketTTL(t *testing.T) {
	ctx := streamstest.Context(t)
	b := streamstest.Connect(t, streamstest.Broker(t, false)).Bucket(streams.BucketLogins)
	for key, ttl := range map[string]time.Duration{"short": time.Millisecond, "long": time.Hour, "kept": 0} {
		if _, err := b.Update(ctx, key, []byte(key), 0, ttl); err != nil {
			t.Fatal(err)
		}
	}
	streamstest.Eventually(t, func() error {
		if _, err := b.Get(ctx, "short"); !errors.Is(err, streams.ErrNotFound) {
			return fmt.Errorf("it has not expired: %w", err)
		}
		return nil
	})
	for _, key := range []string{"long", "kept"} {
		if v, err := b.Get(ctx, key); err != nil || string(v.Data) != key {
			t.Errorf("got %+v, %v", v, err)
		}
	}
	if _, err := b.Update(ctx, "short", nil, 0, 0); err != nil {
		t.Errorf("create a key that has expired: %v", err)
	}
}
