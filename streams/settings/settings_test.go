package settings_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func changed(t *testing.T, c *settings.Store, variant, document string, a settings.Author) *settings.Revision {
	t.Helper()
	r, err := c.Change(streamstest.Context(t), variant, []byte(document), a, 0)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSettingsHistoryNamesAuthorAndChange(t *testing.T) {
	b := streamstest.Broker(t, false)
	c := settings.New(streamstest.Connect(t, b))
	ctx := streamstest.Context(t)
	first, err := c.Newest(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	ann := settings.Author{By: "Аня", Note: "fewer\ntries, \"please\""}
	second := changed(t, c, "", `{"session":{"max_attempts":7},"video_redis":{"password":"hunter2"}}`, ann)
	third := changed(t, c, "", `{"session":{"max_attempts":7},"video_redis":{"password":"hunter3"}}`, settings.Author{By: "bob"})
	back, err := c.Restore(ctx, second.Number, settings.Author{By: "bob", Note: "restored"})
	if err != nil || back.Number <= third.Number || back.Settings.VideoRedis.Password != "hunter2" {
		t.Fatalf("got %+v, %v", back, err)
	}
	if again, err := c.Restore(ctx, back.Number, settings.Author{}); err != nil || again.Number != back.Number {
		t.Errorf("the newest was restored as %+v, %v", again, err)
	}
	list, err := settings.New(streamstest.Connect(t, b)).History(ctx, "") // another process reads the same
	if err != nil || len(list) != 4 {
		t.Fatalf("got %+v, %v", list, err)
	}
	for i, want := range []struct {
		number  uint64
		author  settings.Author
		changed string
	}{
		{back.Number, back.Author, "[video_redis.password:********>********]"},
		{third.Number, settings.Author{By: "bob"}, "[video_redis.password:********>********]"},
		{second.Number, ann, "[session.max_attempts:600>7 video_redis.password:>********]"},
		{first.Number, settings.Author{}, "[]"},
	} {
		var paths []string
		for _, c := range list[i].Changed {
			paths = append(paths, fmt.Sprintf("%s:%v>%v", c.Path, c.From, c.To))
		}
		if got := list[i]; got.Number != want.number || got.Author != want.author || fmt.Sprint(paths) != want.changed || got.Created.IsZero() {
			t.Errorf("%d: got %+v %v, want %+v", i, got.Revision, paths, want)
		}
	}
	if _, err := c.Restore(ctx, 999, ann); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestConcurrentSettingsChanges(t *testing.T) {
	c := settings.New(streamstest.Connect(t, streamstest.Broker(t, false)))
	ctx := streamstest.Context(t)
	first, err := c.Newest(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Change(ctx, "", []byte(`{"session":{"max_attempts":7}}`), settings.Author{}, first.Number); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Change(ctx, "", []byte(`{"session":{"max_attempts":8}}`), settings.Author{}, first.Number); !errors.Is(err, streams.ErrChanged) {
		t.Errorf("got %v", err)
	}
	// When several writers race from the same revision, one wins and the others get an error.
	for round := range 5 {
		now, err := c.Newest(ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		results := make(chan error)
		for n := range 8 {
			go func() {
				_, err := c.Change(ctx, "", fmt.Appendf(nil, `{"session":{"max_attempts":%d}}`, 100+8*round+n), settings.Author{}, now.Number)
				results <- err
			}()
		}
		won := 0
		for range 8 {
			if err := <-results; err == nil {
				won++
			} else if !errors.Is(err, streams.ErrChanged) {
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("%d won", won)
		}
	}
}

func TestSettingsHistoryIsBounded(t *testing.T) {
	c := settings.New(streamstest.Connect(t, streamstest.Broker(t, false)))
	ctx := streamstest.Context(t)
	for n := range 70 {
		changed(t, c, "", fmt.Sprintf(`{"session":{"max_attempts":%d}}`, 100+n), settings.Author{})
	}
	list, err := c.History(ctx, "")
	if err != nil || len(list) != 64 {
		t.Fatalf("%d revisions, %v", len(list), err)
	}
	for i, r := range list {
		if known := i < 63; (r.Changed != nil) != known || known && len(r.Changed) != 1 {
			t.Errorf("%d changed %v", i, r.Changed)
		}
	}
}

func TestSettingsVariants(t *testing.T) {
	b := streamstest.Broker(t, false)
	c := settings.New(streamstest.Connect(t, b))
	ctx := streamstest.Context(t)
	for _, variant := range []string{"none", "bad tag", "a.b", "*", strings.Repeat("x", 65)} {
		if _, err := c.Newest(ctx, variant); err == nil || streams.FaultOf(err) == streams.Infrastructure {
			t.Errorf("%q: got %v", variant, err)
		}
	}
	changed(t, c, "", `{"video_redis":{"password":"hunter2"}}`, settings.Author{})
	// What is shown can be put elsewhere: the secret comes from the document itself.
	mobile := changed(t, c, "mobile", `{"session":{"max_attempts":9},"video_redis":{"password":"********"}}`, settings.Author{By: "ann"})
	branch := changed(t, c, "Branch-2", `{}`, settings.Author{By: "bob"})
	other := settings.New(streamstest.Connect(t, b))
	if s, err := other.At(ctx, mobile.Number); err != nil || s.Session.MaxAttempts != 9 || s.VideoRedis.Password != "hunter2" {
		t.Fatalf("got %+v, %v", s, err)
	}
	if r, err := other.Newest(ctx, "mobile"); err != nil || r.Number != mobile.Number || r.Variant != "mobile" || r.By != "ann" {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err := c.Newest(ctx, ""); err != nil || r.Settings.Session.MaxAttempts != 600 || r.Number >= mobile.Number {
		t.Errorf("a variant changed the document itself: %+v, %v", r, err)
	}
	err := c.CheckVariant(ctx, "nobody")
	if !errors.Is(err, streams.ErrNotFound) || !strings.Contains(err.Error(), "Branch-2 mobile") {
		t.Errorf("got %v", err)
	}
	if err := c.DeleteVariant(ctx, "mobile"); err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteVariant(ctx, "mobile"); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	if err := c.DeleteVariant(ctx, ""); streams.FaultOf(err) != streams.Input {
		t.Errorf("got %v", err)
	}
	all, err := c.Variants(ctx)
	if err != nil || len(all) != 2 || all[0].Variant != "" || all[1].Number != branch.Number || all[1].Variant != "Branch-2" {
		t.Fatalf("got %+v, %v", all, err)
	}
	if s, err := settings.New(streamstest.Connect(t, b)).At(ctx, mobile.Number); err != nil || s.Session.MaxAttempts != 9 {
		t.Errorf("sessions of the deleted variant: %+v, %v", s, err)
	}
	if back, err := c.Restore(ctx, mobile.Number, settings.Author{}); err != nil || back.Variant != "mobile" || back.Number <= mobile.Number {
		t.Errorf("got %+v, %v", back, err)
	}
	if list, err := c.History(ctx, "mobile"); err != nil || len(list) != 2 {
		t.Errorf("got %+v, %v", list, err)
	}
}

// Revisions written before there were authors, or that this version cannot read, do not hide the others.
func TestSettingsOfOtherVersions(t *testing.T) {
	b := streamstest.Broker(t, true)
	c := settings.New(streamstest.Connect(t, b))
	ctx := streamstest.Context(t)
	nc, err := nats.Connect(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.KeyValue(ctx, "settings")
	if err != nil {
		t.Fatal(err)
	}
	var numbers []uint64
	// An earlier version stored an empty list as null.
	for _, document := range []string{`{"session":{"max_attempts":3},"virtual_camera_checker":{"denylist":null}}`, `{"a_setting_of_the_future":1}`} {
		n, err := kv.Put(ctx, "document", []byte(document))
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	if _, err := c.Newest(ctx, ""); streams.FaultOf(err) != streams.Input {
		t.Errorf("got %v", err)
	}
	newest, err := c.Restore(ctx, numbers[0], settings.Author{By: "ann"})
	if err != nil || newest.Settings.Session.MaxAttempts != 3 || len(newest.Settings.VirtualCameraChecker.Denylist) != 0 {
		t.Fatalf("got %+v, %v", newest, err)
	}
	list, err := c.History(ctx, "")
	if err != nil || len(list) != 3 {
		t.Fatalf("got %+v, %v", list, err)
	}
	if list[0].By != "ann" || list[0].Changed != nil || list[1].Number != numbers[1] || list[1].Settings != nil || len(list[2].Changed) != 2 {
		t.Errorf("got %+v", list)
	}
}
