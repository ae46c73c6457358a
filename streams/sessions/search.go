package sessions

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Query selects sessions. A zero field selects all.
type Query struct {
	Since, Until time.Time // when it was opened: from, and before
	Outcome      string    // one of schemas.OutcomeNames, or OutcomeFail
	Code         int32     // among the codes of its last decision
	Prefix       string    // of its ID
	Limit        int       // how many at most; 0 = DefaultFound
	Before       uint64    // where an earlier search stopped
}

// OutcomeFail selects sessions that ended without success.
const OutcomeFail = "fail"

// How many sessions one search finds.
const (
	DefaultFound = 50
	MaxFound     = 200
)

// Found is the state of a session, in short.
type Found struct {
	ID       string     `json:"id"`
	Label    string     `json:"label,omitempty"` // the ID that the client asked for, if an earlier session has it
	Opened   time.Time  `json:"opened"`
	Closed   *time.Time `json:"closed,omitempty"`
	Outcome  string     `json:"outcome"`
	Codes    []int32    `json:"codes"`    // of its last decision
	Frames   uint64     `json:"frames"`   // decided
	Duration float64    `json:"duration"` // seconds, from its opening to its end, or to its last event
	Live     bool       `json:"live"`     // a socket has it, or can still take it up
	Edge     string     `json:"edge"`     // which wrote its last event
}

// What one search reads at most. Another search continues where it stopped.
const (
	maxSearchSpan    = 50_000 // events
	maxSearchLookups = 2_000  // sessions, each with its last event and last decision
	searchWindow     = 4_000  // events read at a time
	searchParallel   = 16
	clockSkew        = time.Minute // between the writer of an event and the broker's clock
)

// Find returns sessions, the last opened first, and where to go on: 0 when there are no more. It reads the events
// backwards from there in windows, and the last event and the last decision of each session that may match, so that a
// page without filters costs as much in a large stream as in a small one. A search that finds little stops after
// 50000 events or 2000 sessions, and Query.Before continues it. A session that was opened twice before its first decision
// may be in two pages. An imported session stands where its import stands, and Until finds it only if it was imported by
// then.
func (s *Store) Find(ctx context.Context, q Query) (found []Found, next uint64, err error) {
	if q.Limit == 0 {
		q.Limit = DefaultFound
	}
	found = []Found{}
	if streams.CheckSession(q.Prefix) == nil {
		openings, err := s.openingsOf(ctx, q)
		if err == nil {
			_, _, err = s.take(ctx, q, openings, &found, 0)
		}
		return found, 0, err
	}
	first, high, err := s.bounds(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	lookedUp, seen := 0, map[string]bool{}
	window := uint64(min(searchWindow, 16*q.Limit)) //nolint:gosec // Limit is from 1 to MaxFound
	for span := uint64(0); high >= first && span < maxSearchSpan; span += window {
		low := first
		if high-first >= window {
			low = high - window + 1
		}
		openings, oldest, err := s.openings(ctx, q, low, high)
		if err != nil {
			return nil, 0, err
		}
		openings = slices.DeleteFunc(openings, func(o opening) bool { // the last time it was opened is what counts
			again := seen[o.session]
			seen[o.session] = true
			return again
		})
		stop, n, err := s.take(ctx, q, openings, &found, lookedUp)
		if lookedUp = n; err != nil || stop > 0 {
			return found, stop, err
		}
		if !oldest.IsZero() && oldest.Before(q.Since.Add(-clockSkew)) {
			return found, 0, nil
		}
		high, window = low-1, searchWindow
	}
	if high < first {
		return found, 0, nil
	}
	return found, high + 1, nil
}

// bounds returns the first and last sequence of the events to search.
func (s *Store) bounds(ctx context.Context, q Query) (first, last uint64, err error) {
	stream := s.conn.Stream(streams.Sessions)
	state, err := stream.State(ctx)
	if err != nil {
		return 0, 0, err
	}
	first, last = max(state.First, 1), state.Last
	if q.Before > 0 {
		last = min(last, q.Before-1)
	}
	if !q.Until.IsZero() {
		after, err := stream.SequenceAt(ctx, q.Until.Add(clockSkew))
		if err != nil {
			return 0, 0, err
		}
		last = min(last, after-1)
	}
	return first, last, nil
}

func (q *Query) opened(o *opening) bool {
	named := strings.HasPrefix(o.session, q.Prefix) || o.label != "" && strings.HasPrefix(o.label, q.Prefix)
	return !o.at.Before(q.Since) && (q.Until.IsZero() || o.at.Before(q.Until)) && named
}

func (q *Query) outcome(o schemas.Outcome) bool {
	switch q.Outcome {
	case "":
		return true
	case OutcomeFail:
		return o.Terminal() && o != schemas.Outcome_OUTCOME_PASSED
	}
	return q.Outcome == schemas.OutcomeName(o)
}
