package streams

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
)

// SessionQuery says which sessions are looked for. A zero field asks for nothing.
type SessionQuery struct {
	Since, Until time.Time // when it was opened: from, and before
	Outcome      string    // one of schemas.OutcomeNames, or OutcomeFail
	Code         int32     // among the codes of its last decision
	Prefix       string    // of its id
	Limit        int       // how many at most; 0 = DefaultFound
	Before       uint64    // where an earlier search stopped
}

// OutcomeFail asks for sessions that ended without success.
const OutcomeFail = "fail"

// How many sessions one search finds.
const (
	DefaultFound = 50
	MaxFound     = 200
)

// FoundSession is how a session stands, in short.
type FoundSession struct {
	ID       string     `json:"id"`
	Opened   time.Time  `json:"opened"`
	Closed   *time.Time `json:"closed,omitempty"`
	Outcome  string     `json:"outcome"`
	Codes    []int32    `json:"codes"`    // of its last decision
	Frames   uint64     `json:"frames"`   // decided
	Duration float64    `json:"duration"` // seconds, from its opening to its end, or to what was last heard of it
	Live     bool       `json:"live"`     // a socket has it, or can still take it up
	Edge     string     `json:"edge"`     // who was the last to speak of it
}

// What one search reads at most; where it stops another goes on.
const (
	maxSearchSpan    = 50_000 // events
	maxSearchLookups = 2_000  // sessions, each with its last event and last decision
	searchWindow     = 4_000  // events read at a time
	searchParallel   = 16
	clockSkew        = time.Minute // between who wrote an event and the broker's clock
)

// FindSessions returns sessions, the last opened first, and from where to go on: 0 when there are no more. It reads the
// events backwards from there in windows, and of each session that may be meant the last event and the last decision, so
// that a page without filters costs as much in a large stream as in a small one. A search that finds little stops after
// 50000 events or 2000 sessions and can be gone on with. A session that was opened twice before its first decision may be
// in two pages. One that was imported stands where its import stands, and Until finds it only if it was imported by then.
func (c *Conn) FindSessions(ctx context.Context, q SessionQuery) (found []FoundSession, next uint64, err error) {
	if q.Limit == 0 {
		q.Limit = DefaultFound
	}
	found = []FoundSession{}
	if CheckSession(q.Prefix) == nil {
		opened, err := c.openingOf(ctx, q.Prefix)
		if err != nil || opened == nil || !q.opened(opened) {
			return found, 0, err
		}
		_, _, err = c.take(ctx, q, []opening{*opened}, &found, 0)
		return found, 0, err
	}
	state, err := c.Stream(Sessions).State(ctx)
	if err != nil {
		return nil, 0, err
	}
	first, high := max(state.First, 1), state.Last
	if q.Before > 0 {
		high = min(high, q.Before-1)
	}
	if !q.Until.IsZero() {
		after, err := c.Stream(Sessions).SequenceAt(ctx, q.Until.Add(clockSkew))
		if err != nil {
			return nil, 0, err
		}
		high = min(high, after-1)
	}
	looked, seen := 0, map[string]bool{}
	window := uint64(min(searchWindow, 16*q.Limit))
	for span := uint64(0); high >= first && span < maxSearchSpan; span += window {
		low := first
		if high-first >= window {
			low = high - window + 1
		}
		openings, oldest, err := c.openings(ctx, q, low, high)
		if err != nil {
			return nil, 0, err
		}
		openings = slices.DeleteFunc(openings, func(o opening) bool { // the last time it was opened is what counts
			again := seen[o.session]
			seen[o.session] = true
			return again
		})
		stopped, n, err := c.take(ctx, q, openings, &found, looked)
		if looked = n; err != nil || stopped > 0 {
			return found, stopped, err
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

// opening is the event that opened a session.
type opening struct {
	session  string
	sequence uint64
	at       time.Time
}

func (q *SessionQuery) opened(o *opening) bool {
	return !o.at.Before(q.Since) && (q.Until.IsZero() || o.at.Before(q.Until)) && strings.HasPrefix(o.session, q.Prefix)
}

// openings are those from low to high that the query may mean, newest first, and when the oldest event there was stored.
func (c *Conn) openings(ctx context.Context, q SessionQuery, low, high uint64) (list []opening, oldest time.Time, err error) {
	for msg, err := range c.Stream(Sessions).Read(ctx, Range{From: low, To: high}) {
		if err != nil {
			return nil, oldest, err
		}
		if oldest.IsZero() {
			oldest = msg.Stored
		}
		e := &schemas.SessionEvent{}
		if err := schemas.Unmarshal(msg.Data, e); err != nil || e.GetKind() != schemas.SessionEventKind_SESSION_OPENED {
			continue // what this version cannot read it cannot show
		}
		o := opening{msg.Token(), msg.Sequence, time.Unix(0, e.GetAtUnixNanos()).UTC()}
		if q.opened(&o) {
			list = append(list, o)
		}
	}
	slices.Reverse(list)
	return list, oldest, nil
}

// openingOf is the last opening of a session, nil when there is none.
func (c *Conn) openingOf(ctx context.Context, session string) (last *opening, err error) {
	for e, err := range c.EventsOf(ctx, session) {
		if err != nil {
			return nil, err
		}
		if e.Message.GetKind() == schemas.SessionEventKind_SESSION_OPENED {
			last = &opening{session, e.Sequence, time.Unix(0, e.Message.GetAtUnixNanos()).UTC()}
		}
	}
	return last, nil
}

// take looks the sessions up, adds those that are meant to found, and returns the sequence at which it had enough, 0 if
// it had not, and how many sessions were looked up by now.
func (c *Conn) take(ctx context.Context, q SessionQuery, openings []opening, found *[]FoundSession, looked int) (uint64, int, error) {
	for batch := range slices.Chunk(openings, searchParallel*4) {
		results := make([]*FoundSession, len(batch))
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(searchParallel)
		for i, o := range batch {
			group.Go(func() (err error) {
				results[i], err = c.lookUp(ctx, q, o)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return 0, looked, err
		}
		looked += len(batch)
		for i, r := range results {
			if r == nil {
				continue
			}
			if *found = append(*found, *r); len(*found) == q.Limit {
				return batch[i].sequence, looked, nil
			}
		}
		if looked >= maxSearchLookups {
			return batch[len(batch)-1].sequence, looked, nil
		}
	}
	return 0, looked, nil
}

// lookUp is how a session stands, or nil if it is not meant, was erased in the meantime, or was opened again later.
func (c *Conn) lookUp(ctx context.Context, q SessionQuery, o opening) (*FoundSession, error) {
	event, err := LastAs[schemas.SessionEvent](ctx, c.Stream(Sessions), Subject(KindSession, o.session))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the last event of %s: %w", o.session, err)
	}
	last := event.Message
	again := last.GetKind() == schemas.SessionEventKind_SESSION_OPENED && event.Sequence != o.sequence
	if again || last.GetKind() == schemas.SessionEventKind_SESSION_ERASED || last.GetOutcome().Terminal() && !q.outcome(last.GetOutcome()) {
		return nil, nil
	}
	end := time.Unix(0, last.GetAtUnixNanos()).UTC()
	s := &FoundSession{ID: o.session, Opened: o.at, Edge: last.GetEdge(), Codes: []int32{}, Duration: max(0, end.Sub(o.at).Seconds())}
	outcome := last.GetOutcome()
	d, err := c.LastDecision(ctx, o.session)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return nil, err
	case d.GetState().GetOpenedUnixNanos() > o.at.UnixNano():
		return nil, nil // opened again
	default:
		s.Codes, s.Frames = append(s.Codes, d.GetErrors()...), d.GetState().GetSequence()
		if d.GetOutcome().Terminal() {
			outcome = d.GetOutcome()
		}
	}
	if s.Outcome = schemas.OutcomeName(outcome); !q.outcome(outcome) || q.Code != 0 && !slices.Contains(s.Codes, q.Code) {
		return nil, nil
	}
	if last.GetKind() == schemas.SessionEventKind_SESSION_CLOSED {
		s.Closed = &end
		return s, nil
	}
	s.Live, err = c.isLive(ctx, o.session)
	return s, err
}

func (q *SessionQuery) outcome(o schemas.Outcome) bool {
	switch q.Outcome {
	case "":
		return true
	case OutcomeFail:
		return o.Terminal() && o != schemas.Outcome_OUTCOME_PASSED
	}
	return q.Outcome == schemas.OutcomeName(o)
}

// isLive says whether a session has a presence.
func (c *Conn) isLive(ctx context.Context, session string) (bool, error) {
	_, err := c.Bucket(BucketLive).Get(ctx, liveSession+session)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
