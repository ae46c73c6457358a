package sessions_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// synthetic stores n sessions a millisecond apart, the last opened just now: of each ten one fails on code 32, one on the
// attempts, and the last is open; the others pass. They are returned in the order they opened.
func synthetic(t *testing.T, c *streams.Conn, n int) (ids []string, begun time.Time) {
	t.Helper()
	ctx := streamstest.Context(t)
	begun = time.Now().Add(-time.Duration(n) * time.Millisecond)
	event := func(id string, at time.Time, kind schemas.SessionEventKind, outcome schemas.Outcome) error {
		return c.PublishSessionEvent(ctx, &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: kind, AtUnixNanos: at.UnixNano(), Outcome: outcome, Edge: "e"})
	}
	for i := range n {
		ids = append(ids, uuid.NewString())
		if err := event(ids[i], begun.Add(time.Duration(i)*time.Millisecond), schemas.SessionEventKind_SESSION_OPENED, 0); err != nil {
			t.Fatal(err)
		}
	}
	var group errgroup.Group
	group.SetLimit(32)
	for i, id := range ids {
		group.Go(func() error {
			at := begun.Add(time.Duration(i) * time.Millisecond)
			outcome, codes := schemas.Outcome_OUTCOME_PASSED, []int32(nil)
			switch i % 10 {
			case 1:
				outcome, codes = schemas.Outcome_OUTCOME_FAKE, []int32{schemas.CodeLivenessFailed}
			case 2:
				outcome, codes = schemas.Outcome_OUTCOME_ATTEMPTS_EXCEEDED, []int32{schemas.CodeNoFace, schemas.CodeAttemptsExceeded}
			case 9:
				outcome = schemas.Outcome_OUTCOME_CONTINUE
			}
			_, err := c.PublishDecision(ctx, &schemas.Decision{
				Version: schemas.Version, Name: &schemas.FrameName{Session: id, Sequence: 7}, Outcome: outcome, Errors: codes,
				State: &schemas.SessionState{Sequence: 7, OpenedUnixNanos: at.UnixNano()},
			}, 0)
			if err != nil {
				return err
			}
			if outcome == schemas.Outcome_OUTCOME_CONTINUE {
				return event(id, at.Add(time.Second), schemas.SessionEventKind_SESSION_DISCONNECTED, 0)
			}
			return event(id, at.Add(2*time.Second), schemas.SessionEventKind_SESSION_CLOSED, outcome)
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	return ids, begun
}

// all goes through every page.
func all(t *testing.T, c *streams.Conn, q sessions.Query) (list []sessions.Found, pages int) {
	t.Helper()
	for {
		found, next, err := sessions.New(c).Find(streamstest.Context(t), q)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, found...)
		pages++
		if next == 0 {
			return list, pages
		}
		if q.Before != 0 && next >= q.Before || pages > 1000 {
			t.Fatalf("the page after %d leads to %d", q.Before, next)
		}
		q.Before = next
	}
}

func TestFindSessions(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	if found, next, err := sessions.New(c).Find(ctx, sessions.Query{}); err != nil || len(found) != 0 || next != 0 {
		t.Fatalf("with nothing stored: %v, %d, %v", found, next, err)
	}
	const n = 230
	ids, begun := synthetic(t, c, n)
	for _, limit := range []int{1, 7, 50, 200} {
		list, _ := all(t, c, sessions.Query{Limit: limit})
		if len(list) != n {
			t.Fatalf("in pages of %d: %d sessions", limit, len(list))
		}
		for i, s := range list {
			if s.ID != ids[n-1-i] {
				t.Fatalf("in pages of %d: %d is %+v", limit, i, s)
			}
		}
	}
	at := func(i int) time.Time { return begun.Add(time.Duration(i) * time.Millisecond) }
	for name, want := range map[string]struct {
		q     sessions.Query
		count int
		is    func(i int) bool
	}{
		"success":           {sessions.Query{Outcome: "success"}, n * 7 / 10, func(i int) bool { return i%10 != 1 && i%10 != 2 && i%10 != 9 }},
		"fail":              {sessions.Query{Outcome: sessions.OutcomeFail}, n * 2 / 10, func(i int) bool { return i%10 == 1 || i%10 == 2 }},
		"attempts exceeded": {sessions.Query{Outcome: "attempts_exceeded"}, n / 10, func(i int) bool { return i%10 == 2 }},
		"open":              {sessions.Query{Outcome: "open"}, n / 10, func(i int) bool { return i%10 == 9 }},
		"code 32":           {sessions.Query{Code: 32}, n / 10, func(i int) bool { return i%10 == 1 }},
		"code 32, passed":   {sessions.Query{Code: 32, Outcome: "success"}, 0, nil},
		"code 8, in time":   {sessions.Query{Code: 8, Since: at(50), Until: at(100)}, 5, func(i int) bool { return i%10 == 2 }},
		"since":             {sessions.Query{Since: at(200)}, 30, func(i int) bool { return i >= 200 }},
		"until":             {sessions.Query{Until: at(30)}, 30, func(i int) bool { return i < 30 }},
		"long ago":          {sessions.Query{Until: at(0).Add(-time.Hour)}, 0, nil},
		"in the future":     {sessions.Query{Since: at(0).Add(time.Hour)}, 0, nil},
		"one":               {sessions.Query{Prefix: ids[17]}, 1, func(i int) bool { return i == 17 }},
		"one, not so":       {sessions.Query{Prefix: ids[17], Outcome: "fail"}, 0, nil},
		"a prefix":          {sessions.Query{Prefix: ids[17][:13]}, 1, func(i int) bool { return i == 17 }},
		"no session":        {sessions.Query{Prefix: uuid.NewString()}, 0, nil},
	} {
		want.q.Limit = 3
		list, _ := all(t, c, want.q)
		if len(list) != want.count {
			t.Errorf("%s: %d sessions, want %d", name, len(list), want.count)
		}
		for _, s := range list {
			for i, id := range ids {
				if id == s.ID && !want.is(i) {
					t.Errorf("%s: %d should not be there: %+v", name, i, s)
				}
			}
		}
	}

	// What a row says.
	if _, err := sessions.New(c).Claim(ctx, ids[9], "e", time.Minute, nil); err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]string{
		1:  "fake [32] frames 7 for 2 s live false closed true",
		9:  "open [] frames 7 for 1 s live true closed false",
		19: "open [] frames 7 for 1 s live false closed false",
	} {
		found, _, err := sessions.New(c).Find(ctx, sessions.Query{Prefix: ids[i]})
		if err != nil || len(found) != 1 {
			t.Fatalf("got %v, %v", found, err)
		}
		s := found[0]
		if got := fmt.Sprintf("%s %v frames %d for %g s live %v closed %v", s.Outcome, s.Codes, s.Frames, s.Duration, s.Live, s.Closed != nil); got != want || s.Edge != "e" || s.Opened.UnixNano() != at(i).UnixNano() {
			t.Errorf("%d: got %s, want %s", i, got, want)
		}
	}
}

func TestFindSessionsReflectsChanges(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	ids, _ := synthetic(t, c, 20)
	event := func(id string, kind schemas.SessionEventKind) {
		t.Helper()
		if err := c.PublishSessionEvent(ctx, &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: kind, AtUnixNanos: time.Now().UnixNano()}); err != nil {
			t.Fatal(err)
		}
	}
	erased := &schemas.SessionEvent{Version: schemas.Version, Session: ids[3], Kind: schemas.SessionEventKind_SESSION_ERASED, AtUnixNanos: time.Now().UnixNano()}
	if err := sessions.New(c).Erase(ctx, ids[3], erased); err != nil {
		t.Fatal(err)
	}
	// A session that was interrupted before its first decision is opened again and remains one session.
	twice, broken := uuid.NewString(), uuid.NewString()
	for _, id := range []string{broken, twice} {
		event(id, schemas.SessionEventKind_SESSION_OPENED)
		event(id, schemas.SessionEventKind_SESSION_DISCONNECTED)
		event(id, schemas.SessionEventKind_SESSION_OPENED)
	}
	check := func(limit int) (opened time.Time) {
		t.Helper()
		list, _ := all(t, c, sessions.Query{Limit: limit})
		if len(list) != 21 || list[0].ID != twice || list[1].ID != broken || list[2].ID != ids[19] {
			t.Fatalf("in pages of %d, got %d: %+v", limit, len(list), list[:3])
		}
		return list[0].Opened
	}
	opened := check(1)
	event(broken, schemas.SessionEventKind_SESSION_DISCONNECTED)
	check(50)
	event(broken, schemas.SessionEventKind_SESSION_OPENED)
	event(twice, schemas.SessionEventKind_SESSION_OPENED)
	if _, err := c.PublishDecision(ctx, &schemas.Decision{
		Version: schemas.Version, Name: &schemas.FrameName{Session: twice, Sequence: 1},
		State: &schemas.SessionState{Sequence: 1, OpenedUnixNanos: opened.UnixNano() + 1},
	}, 0); err != nil {
		t.Fatal(err)
	}
	event(twice, schemas.SessionEventKind_SESSION_DISCONNECTED)
	check(1)
	if found, _, err := sessions.New(c).Find(ctx, sessions.Query{Prefix: ids[3]}); err != nil || len(found) != 0 {
		t.Errorf("the erased session is found: %+v, %v", found, err)
	}
}

// With many sessions the first page comes immediately, and rare ones are found in bounded steps.
func TestFindAmongManySessions(t *testing.T) {
	t.Parallel()
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	n := 10_000
	if testing.Short() {
		n = 3_000 // more than one request reads
	}
	begun := time.Now()
	ids, _ := synthetic(t, c, n)
	t.Logf("%d sessions stored in %s", n, time.Since(begun).Round(time.Millisecond))
	timed := func(name string, q sessions.Query, want int) {
		t.Helper()
		begun := time.Now()
		list, pages := all(t, c, q)
		if len(list) != want {
			t.Errorf("%s: %d sessions, want %d", name, len(list), want)
		}
		t.Logf("%-40s %5d found in %3d requests, %s", name, len(list), pages, time.Since(begun).Round(time.Millisecond))
	}
	begun = time.Now()
	first, next, err := sessions.New(c).Find(streamstest.Context(t), sessions.Query{})
	if err != nil || len(first) != sessions.DefaultFound || first[0].ID != ids[n-1] || next == 0 {
		t.Fatalf("got %d, %d, %v", len(first), next, err)
	}
	t.Logf("%-40s %s", "the first page of 50", time.Since(begun).Round(time.Millisecond))
	timed("one by its id", sessions.Query{Prefix: ids[n/2]}, 1)
	timed("one by half of its id", sessions.Query{Prefix: ids[n/2][:18]}, 1)
	timed("all with code 32", sessions.Query{Code: 32, Limit: sessions.MaxFound}, n/10)
	timed("none with code 105, everything read", sessions.Query{Code: 105}, 0)
	timed("all, in pages of 200", sessions.Query{Limit: sessions.MaxFound}, n)
}
