// Package stats counts how sessions went, from the streams alone: whoever reads the same streams counts the same. What is
// stored of the counting spares reading again, and nothing depends on it.
package stats

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/backoff"
)

// Stats follows the streams while Run runs. It is safe for concurrent use.
type Stats struct {
	conn   *streams.Conn
	bucket *streams.Bucket // of the snapshot
	every  time.Duration   // between snapshots
	calm   time.Duration   // at least, between an erasure and counting anew

	mu      sync.Mutex
	current *counting // nil before anything was read
}

const (
	saveEvery = 5 * time.Minute
	saveTime  = 2 * time.Second // for the last snapshot
	calmTime  = time.Minute
	// However much is erased, counting anew takes no more than one part in so many of the time.
	recountShare = 20
)

var retries = backoff.Policy{First: time.Second, Most: time.Minute}

// New returns statistics that count nothing before Run.
func New(conn *streams.Conn) *Stats {
	return &Stats{conn: conn, bucket: conn.Bucket(streams.BucketStats), every: saveEvery, calm: calmTime}
}

// counting is counters and how far they are.
type counting struct {
	*counters
	made                      madeAt
	erasures                  uint64 // sequence in SESSIONS up to which erased sessions were never counted
	decisionsDone, eventsDone bool   // all that was stored is counted
	saved                     uint64
	took                      time.Duration // until it was complete
	stale                     bool          // something that was counted is erased
}

func (c *counting) complete() bool { return c.decisionsDone && c.eventsDone }

// errRecount ends a counting that counted sessions which were erased.
var errRecount = errors.New("count anew")

// Run counts until ctx is done. What is erased is taken out by counting anew, a minute later or so.
func (s *Stats) Run(ctx context.Context) error {
	for stored, try := true, 0; ctx.Err() == nil; {
		err := s.count(ctx, stored)
		stored = !errors.Is(err, errRecount)
		switch {
		case ctx.Err() != nil:
		case !stored:
			try = 0
		default:
			slog.Warn("statistics", "error", err)
			try++
			retries.Wait(ctx, try)
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	if err := s.save(last); err != nil {
		slog.Warn("statistics", "error", err)
	}
	return nil
}

// count counts from what is stored, or from the beginning of the streams, until there is a reason to begin anew.
func (s *Stats) count(ctx context.Context, stored bool) error {
	begun := time.Now()
	decisions, err := s.conn.Stream(streams.Decisions).State(ctx)
	if err != nil {
		return err
	}
	sessions, err := s.conn.Stream(streams.Sessions).State(ctx)
	if err != nil {
		return err
	}
	var c *counting
	if stored {
		c = s.load(ctx, decisions, sessions)
	}
	if c == nil {
		c = &counting{counters: newCounters(decisions.MaxAge), made: madeAt{decisions.Made, sessions.Made}, erasures: sessions.Last}
	}
	s.mu.Lock()
	if s.current == nil {
		s.current = c
	}
	after, afterEvents := c.Decisions, c.Sessions
	s.mu.Unlock()

	// What was counted before is shown until this is complete.
	done := func(which *bool) func() {
		return func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if *which = true; c.complete() && (s.current != c || c.took == 0) {
				s.current, c.took = c, time.Since(begun)
			}
		}
	}
	erased := make(chan struct{}, 1)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return s.conn.Follow(ctx, streams.Decisions, after, func(m streams.Followed) error { s.decision(c, m); return nil }, done(&c.decisionsDone))
	})
	group.Go(func() error {
		return s.conn.Follow(ctx, streams.Sessions, afterEvents, func(m streams.Followed) error {
			if s.event(c, m) {
				select {
				case erased <- struct{}{}:
				default:
				}
			}
			return nil
		}, done(&c.eventsDone))
	})
	group.Go(func() error { return s.saveNowAndThen(ctx) })
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-erased:
		}
		s.mu.Lock()
		wait := max(s.calm, recountShare*c.took)
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
			return errRecount
		}
	})
	return group.Wait()
}

func (s *Stats) saveNowAndThen(ctx context.Context) error {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.save(ctx); err != nil && ctx.Err() == nil {
				slog.Warn("statistics", "error", err)
			}
		}
	}
}

func (s *Stats) decision(c *counting, m streams.Followed) {
	d := &schemas.Decision{}
	unreadable := m.Imported || schemas.Unmarshal(m.Data, d) != nil // of another version, or judged elsewhere
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Decisions = m.Sequence; !unreadable {
		c.decided(m.Session, m.Stored, d)
	}
}

// event counts a session event, and says whether a session that may have been counted is erased.
func (s *Stats) event(c *counting, m streams.Followed) (stale bool) {
	e := &schemas.SessionEvent{}
	unreadable := m.Imported || schemas.Unmarshal(m.Data, e) != nil
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Sessions = m.Sequence
	switch {
	case unreadable:
	case e.GetKind() == schemas.SessionEventKind_SESSION_OPENED:
		c.hour(hourOf(m.Stored)).Opened++
	case e.GetKind() == schemas.SessionEventKind_SESSION_ERASED:
		c.stale = c.stale || m.Sequence > c.erasures
	}
	return c.stale
}

// Report answers a query from what is counted by now.
func (s *Stats) Report(q Query) Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.current
	if c == nil {
		c = &counting{counters: newCounters(0)}
	}
	r := c.report(q, time.Now())
	r.Complete = c.complete()
	return r
}
