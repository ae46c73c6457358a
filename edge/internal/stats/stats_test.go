package stats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// session stores a session: the codes of each of its frames, and how it ended; OUTCOME_CONTINUE is one still running. Frame
// n took n times 10 ms, the session 2 s.
func session(t testing.TB, conn *streams.Conn, outcome schemas.Outcome, frames ...[]int32) string {
	t.Helper()
	id, last := uuid.NewString(), uint64(0)
	ctx := streamstest.Context(t)
	tell(t, conn, id, schemas.SessionEventKind_SESSION_OPENED)
	for n, codes := range frames {
		d := decision(id, n+1, codes)
		if n == len(frames)-1 {
			d.Outcome = outcome
		}
		sequence, err := conn.PublishDecision(ctx, d, last)
		if err != nil {
			t.Fatal(err)
		}
		last = sequence
	}
	return id
}

const epoch = int64(1_700_000_000_000_000_000)

func decision(id string, n int, codes []int32) *schemas.Decision {
	return &schemas.Decision{
		Version: schemas.Version, Name: &schemas.FrameName{Session: id, Sequence: uint64(n)}, Frame: uint64(n), Errors: codes,
		ReceivedUnixNanos: epoch - int64(n)*1e7, DecidedUnixNanos: epoch,
		State: &schemas.SessionState{Sequence: uint64(n), Attempts: uint32(n), OpenedUnixNanos: epoch - 2e9},
	}
}

func tell(t testing.TB, conn *streams.Conn, id string, kind schemas.SessionEventKind) {
	t.Helper()
	e := &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: kind, AtUnixNanos: time.Now().UnixNano()}
	if err := conn.PublishSessionEvent(streamstest.Context(t), e); err != nil {
		t.Fatal(err)
	}
}

const (
	passed  = schemas.Outcome_OUTCOME_PASSED
	fake    = schemas.Outcome_OUTCOME_FAKE
	timeout = schemas.Outcome_OUTCOME_TIMEOUT
	goesOn  = schemas.Outcome_OUTCOME_CONTINUE
)

// run counts until stop is called.
func run(t testing.TB, s *Stats) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	return stop
}

// total waits until all is counted and so many sessions have ended.
func total(t testing.TB, s *Stats, sessions uint64, q Query) (r Report) {
	t.Helper()
	q.Since, q.Until = time.Now().Add(-3*time.Hour), time.Now().Add(time.Hour)
	q.Step = ByHour
	streamstest.Eventually(t, func() error {
		if r = s.Report(q); !r.Complete || r.Total.Sessions != sessions {
			return fmt.Errorf("got %s, want %d sessions", text(r), sessions)
		}
		return nil
	})
	return r
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

func fill(t testing.TB, conn *streams.Conn) (ids []string) {
	t.Helper()
	return []string{
		session(t, conn, passed, []int32{8}, []int32{8, 32}, nil),
		session(t, conn, passed, nil),
		session(t, conn, fake, []int32{32, 32}, []int32{106}),
		session(t, conn, goesOn, []int32{8}),
	}
}

func TestCounts(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	fill(t, conn)
	// A session that showed nothing is ended by the reaper.
	silent := uuid.NewString()
	if _, err := conn.PublishDecision(t.Context(), &schemas.Decision{Version: schemas.Version, Outcome: timeout, DecidedUnixNanos: epoch, Name: &schemas.FrameName{Session: silent}}, 0); err != nil {
		t.Fatal(err)
	}
	// What another installation judged is not counted.
	imported := decision(uuid.NewString(), 1, []int32{3})
	imported.Outcome = passed
	if err := sessions.New(conn).StoreImported(t.Context(), imported); err != nil {
		t.Fatal(err)
	}
	if err := sessions.New(conn).StoreImported(t.Context(), &schemas.SessionEvent{Version: schemas.Version, Session: imported.GetName().GetSession(), Kind: schemas.SessionEventKind_SESSION_OPENED}); err != nil {
		t.Fatal(err)
	}
	s := New(conn)
	run(t, s)
	r := total(t, s, 4, Query{})
	f := r.Total
	if got := fmt.Sprint(*f.Opened, f.Outcomes, f.Frames, f.Failed, f.Unjudged); got != "4 map[fake:1 success:2 timeout:1] 6 4 0" {
		t.Errorf("got %s", got)
	}
	if got, want := fmt.Sprint(f.Codes), "[{8 NO_FACE 2 1} {32 LIVENESS_FAILED 2 2} {106 SESSION_FAKE 1 1}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// 0, 1, 2 and 3 judged frames; 10, 10, 10, 20, 20 and 30 ms; 2 s thrice.
	near := func(what string, q *Quantiles, n uint64, mean, p50, p95 float64) {
		t.Helper()
		if q == nil || q.Count != n || math.Abs(q.Mean-mean) > 1e-6 || math.Abs(q.P50-p50) > RelativeError*p50 || math.Abs(q.P95-p95) > RelativeError*p95 || q.P99 != q.P95 {
			t.Errorf("%s: got %+v", what, q)
		}
	}
	near("frames", f.FramesPerSession, 4, 1.5, 1, 3)
	near("frame time", f.FrameTime, 6, 100./6, 10, 30)
	near("session time", f.SessionTime, 3, 2, 2, 2)

	now := r.Series[len(r.Series)-1]
	if len(r.Series) < 4 || r.Series[0].Sessions != 0 || r.Series[0].Codes == nil || now.At.After(time.Now()) {
		t.Errorf("got %s", text(r.Series))
	}
	r = total(t, s, 1, Query{Outcome: "fake"})
	if f := r.Total; f.Opened != nil || f.Frames != 2 || f.FramesPerSession.P50 != 2 || len(f.Codes) != 2 {
		t.Errorf("got %s", text(f))
	}
	r = total(t, s, 2, Query{Outcome: Fail})
	if fmt.Sprint(r.Total.Outcomes) != "map[fake:1 timeout:1]" {
		t.Errorf("got %s", text(r.Total))
	}
	r = total(t, s, 1, Query{Code: 8})
	if f := r.Total; f.Frames != 2 || f.Outcomes["success"] != 1 || len(f.Codes) != 1 || f.FrameTime != nil {
		t.Errorf("got %s", text(f))
	}
	// A decision to come is counted too.
	session(t, conn, timeout, []int32{8})
	r = total(t, s, 5, Query{})
	var csv strings.Builder
	if err := r.CSV(&csv); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(csv.String()), "\n")
	if len(rows) != len(r.Series)+1 || !strings.HasPrefix(rows[0], "hour,opened,sessions,success,attempts_exceeded,") || !strings.HasSuffix(rows[0], ",code_106_frames,code_106_sessions") {
		t.Errorf("got %s", csv.String())
	}
	for _, row := range rows {
		if strings.Count(row, ",") != strings.Count(rows[0], ",") {
			t.Errorf("got %s", row)
		}
	}
}

// The stored snapshot does not change the counts, and neither does the instance that counts.
func TestSnapshotIsACache(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	fill(t, conn)
	session(t, conn, goesOn, []int32{8}, []int32{8})
	first := New(conn)
	stop := run(t, first)
	total(t, first, 3, Query{})
	stop() // stores it
	if _, err := conn.Bucket(streams.BucketStats).Get(t.Context(), snapshotKey); err != nil {
		t.Fatal(err)
	}
	session(t, conn, fake, []int32{105})

	second := New(conn)
	state := func(stream string) streams.StreamState {
		s, err := conn.Stream(stream).State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	c := second.load(t.Context(), state(streams.Decisions), state(streams.Sessions))
	if c == nil || c.Decisions != 9 || len(c.Going) != 2 {
		t.Fatalf("got %+v", c)
	}
	if strings.Contains(text(c.counters), "-") {
		t.Errorf("a session ID is stored: %s", text(c.counters))
	}
	stop = run(t, second)
	gone := total(t, second, 4, Query{})
	stop()
	if err := conn.Bucket(streams.BucketStats).Delete(t.Context(), snapshotKey); err != nil {
		t.Fatal(err)
	}
	third := New(conn)
	stop = run(t, third)
	again := total(t, third, 4, Query{})
	if text(gone.Total) != text(again.Total) {
		t.Errorf("continued: %s\ncounted again: %s", text(gone), text(again))
	}
	stop()
	// A snapshot of other streams, or an unreadable one, is ignored.
	for _, spoilt := range []string{"no zip", ""} {
		if _, err := conn.Bucket(streams.BucketStats).Put(t.Context(), snapshotKey, []byte(spoilt), 0); err != nil {
			t.Fatal(err)
		}
		if c := third.load(t.Context(), state(streams.Decisions), state(streams.Sessions)); c != nil {
			t.Errorf("loaded %q", spoilt)
		}
	}
	third.current.saved = 0
	if err := third.save(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := state(streams.Decisions)
	other.Made = other.Made.Add(-time.Second)
	if c := third.load(t.Context(), other, state(streams.Sessions)); c != nil {
		t.Error("loaded the counts of another stream")
	}
	if c := third.load(t.Context(), state(streams.Decisions), state(streams.Sessions)); c == nil {
		t.Error("did not load")
	}
}

func TestErasedSessionsAreSubtracted(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	ids := fill(t, conn)
	s, other := New(conn), New(conn)
	s.calm, other.calm = time.Millisecond, time.Millisecond
	stop := run(t, other)
	total(t, other, 3, Query{})
	stop() // stores a counting that holds them
	run(t, s)
	total(t, s, 3, Query{})
	erased := &schemas.SessionEvent{Version: schemas.Version, Session: ids[0], Kind: schemas.SessionEventKind_SESSION_ERASED, AtUnixNanos: time.Now().UnixNano()}
	if err := sessions.New(conn).Erase(streamstest.Context(t), ids[0], erased); err != nil {
		t.Fatal(err)
	}
	left := total(t, s, 2, Query{})
	if *left.Total.Opened != 3 || slices.ContainsFunc(left.Total.Codes, func(c CodeFigures) bool { return c.Code == 8 }) {
		t.Errorf("got %s", text(left.Total))
	}
	// Without time to count again, nothing is stored that hides the need to.
	if err := conn.Bucket(streams.BucketStats).Delete(t.Context(), snapshotKey); err != nil {
		t.Fatal(err)
	}
	hasty := New(conn)
	hasty.calm = time.Hour
	stop = run(t, hasty)
	total(t, hasty, 2, Query{})
	erased.Session = ids[1]
	if err := sessions.New(conn).Erase(streamstest.Context(t), ids[1], erased); err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		hasty.mu.Lock()
		defer hasty.mu.Unlock()
		if !hasty.current.stale {
			return errors.New("the erasure has not arrived")
		}
		return nil
	})
	stop()
	left = total(t, s, 1, Query{})
	run(t, other)
	if same := total(t, other, 1, Query{}); text(same.Total) != text(left.Total) {
		t.Errorf("one has %s\nanother %s", text(left.Total), text(same.Total))
	}
}

// Memory does not grow with the number of sessions, nor with time.
func TestBounds(t *testing.T) {
	c := newCounters(30 * 24 * time.Hour)
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for h := range 24 * 40 {
		at := begin.Add(time.Duration(h) * time.Hour)
		for range 3 {
			id := uuid.NewString()
			c.decided(id, at, decision(id, 1, []int32{8})) // is never ended
			id = uuid.NewString()
			d := decision(id, 1, nil)
			d.Outcome = passed
			c.decided(id, at, d)
		}
	}
	if len(c.Hours) > 30*24 || len(c.Going) > 3*(abandoned+1) {
		t.Errorf("%d hours and %d sessions are kept", len(c.Hours), len(c.Going))
	}
	end := begin.Add(40 * 24 * time.Hour)
	r := c.report(Query{Until: end, Step: ByDay}, end)
	if r.Total.Sessions != 3*(30*24-2) || len(r.Series) < 30 || len(r.Series) > 31 {
		t.Errorf("%d sessions in %d days from %s", r.Total.Sessions, len(r.Series), r.Since)
	}
}

func TestHistogram(t *testing.T) {
	var all, parts Histogram
	var values []float64
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		var part Histogram
		for range 500 {
			v := math.Exp(random.NormFloat64()*4 + 1)
			values = append(values, v)
			all.Add(v)
			part.Add(v)
		}
		parts.Merge(part)
	}
	slices.Sort(values)
	got := all.Quantiles()
	if text(got) != text(parts.Quantiles()) || text(all) != text(parts) {
		t.Error("the parts do not add up")
	}
	for share, v := range map[float64]float64{.5: got.P50, .95: got.P95, .99: got.P99} {
		if want := values[int(math.Ceil(share*float64(len(values))))-1]; math.Abs(v-want) > RelativeError*want*1.000001 {
			t.Errorf("%g: got %g, want %g", share, v, want)
		}
	}
	var odd Histogram
	for _, v := range []float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1), 1e300} {
		odd.Add(v)
	}
	if q := odd.Quantiles(); q.Count != 6 || q.P50 != 0 || q.P99 < 1e8 {
		t.Errorf("got %+v", q)
	}
	if (&Histogram{}).Quantiles() != nil {
		t.Error("quantiles of nothing")
	}
}

// BenchmarkRebuild counts a stream of decisions such as live sessions leave.
func BenchmarkRebuild(b *testing.B) {
	conn := streamstest.Connect(b, streamstest.Broker(b, false))
	const sessions = 2000
	ctx := streamstest.Context(b)
	window := []*schemas.Sample{}
	for n := range 3 {
		window = append(window, &schemas.Sample{Frame: uint64(n), Estimations: &schemas.Estimations{HeadPose: &schemas.HeadPose{Yaw: 1}, ImageQuality: &schemas.ImageQuality{Blur: 1}}})
	}
	for range sessions {
		id, last := uuid.NewString(), uint64(0)
		for n := range 10 {
			d := decision(id, n+1, []int32{37})
			d.State.Window = window
			d.State.Workers = map[string][]byte{"activeliveness": make([]byte, 300), "matcher": make([]byte, 2048)}
			if n == 9 {
				d.Outcome = passed
			}
			var err error
			if last, err = conn.PublishDecision(ctx, d, last); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() {
		s := New(conn)
		stop := run(b, s)
		total(b, s, sessions, Query{})
		stop()
		if err := conn.Bucket(streams.BucketStats).Delete(ctx, snapshotKey); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(sessions*10*float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
}
