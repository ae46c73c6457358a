// Package stats counts the results of sessions. The counts depend only on the streams: every process that reads the same streams
// gets the same counts. The stored snapshot only saves reading the streams again.
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
	calm   time.Duration   // minimum time between an erasure and the next counting

	mu      sync.Mutex
	current *counting // nil until something was read
}

const (
	saveEvery = 5 * time.Minute
	saveTime  = 2 * time.Second // for the last snapshot
	calmTime  = time.Minute
	// Counting again after erasures takes at most one part in this many of the time.
	recountShare = 20
)

var retries = backoff.Policy{First: time.Second, Most: time.Minute}

// New returns statistics that count nothing until Run.
func New(conn *streams.Conn) *Stats {
	return &Stats{conn: conn, bucket: conn.Bucket(streams.BucketStats), every: saveEvery, calm: calmTime}
}

// counting is counters and their progress.
type counting struct {
	*counters
	made                      madeAt
	erasures                  uint64 // sequence in SESSIONS up to which erased sessions were left out
	decisionsDone, eventsDone bool   // all stored messages are counted
	saved                     uint64
	took                      time.Duration // until it was complete
	stale                     bool          // a counted session was erased
}

func (c *counting) complete() bool { return c.decisionsDone && c.eventsDone }

// errRecount ends a counting that includes erased sessions.
var errRecount = errors.New("count again")

// Run counts until ctx is done. Erased sessions are removed by counting again, about a minute later.
func (s *Stats) Run(ctx context.Context) error {
	for stored, try := true, 0; ctx.Err() == nil; {
		err := s.count(ctx, stored)
		stored = !errors.Is(err, errRecount)
		switch {
		case ctx.Err() != nil:
		case !stored:
			try = 0
		default:
			slog.Warn("count statistics", "error", err)
			try++
			retries.Wait(ctx, try)
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	if err := s.save(last); err != nil {
		slog.Warn("count statistics", "error", err)
	}
	return nil
}

// count counts from the snapshot, or from the beginning of the streams, until there is a reason to start again.
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

	// The previous counting is reported until this one is complete.
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
		return s.conn.Follow(
			ctx,
			streams.Decisions,
			after,
			func(m streams.Followed) error { s.decision(c, m); return nil },
			done(&c.decisionsDone),
		)
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
				slog.Warn("count statistics", "error", err)
			}
		}
	}
}

func (s *Stats) decision(c *counting, m streams.Followed) {
	d := &schemas.Decision{}
	unreadable := m.Imported || schemas.Unmarshal(m.Data, d) != nil // of another version, or imported
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Decisions = m.Sequence; !unreadable {
		c.decided(m.Session, m.Stored, d)
	}
}

// event counts a session event, and reports whether a session that may have been counted was erased.
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

// Report answers a query from what has been counted so far.
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
