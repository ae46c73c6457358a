package sessions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// opening is the event that opened a session.
type opening struct {
	session  string
	sequence uint64
	at       time.Time
	label    string
}

// openings returns those from low to high that may match the query, newest first, and when the oldest event there was
// stored.
func (s *Store) openings(ctx context.Context, q Query, low, high uint64) (list []opening, oldest time.Time, err error) {
	for msg, err := range s.conn.Stream(streams.Sessions).Read(ctx, streams.Range{From: low, To: high, Token: q.Prefix}) {
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
		o := opening{msg.Token(), msg.Sequence, time.Unix(0, e.GetAtUnixNanos()).UTC(), e.GetLabel()}
		if q.opened(&o) {
			list = append(list, o)
		}
	}
	slices.Reverse(list)
	return list, oldest, nil
}

// openingOf returns the last opening of a session, nil when there is none.
func (s *Store) openingOf(ctx context.Context, session string) (last *opening, err error) {
	for e, err := range s.EventsOf(ctx, session) {
		if err != nil {
			return nil, err
		}
		if e.Message.GetKind() == schemas.SessionEventKind_SESSION_OPENED {
			last = &opening{session, e.Sequence, time.Unix(0, e.Message.GetAtUnixNanos()).UTC(), e.Message.GetLabel()}
		}
	}
	return last, nil
}

// openingsOf returns those of all attempts under a whole ID that may match the query, newest first.
func (s *Store) openingsOf(ctx context.Context, q Query) (list []opening, err error) {
	attempts, err := s.AttemptsOf(ctx, q.Prefix)
	if err != nil {
		return nil, err
	}
	for _, id := range attempts.All() {
		o, err := s.openingOf(ctx, id)
		if err != nil {
			return nil, err
		}
		if o != nil && q.opened(o) {
			list = append(list, *o)
		}
	}
	slices.Reverse(list)
	return list, nil
}

// take looks the sessions up and adds those that match to found. It returns the sequence at which the search is to stop,
// 0 if it can go on, and how many sessions were looked up by now.
func (s *Store) take(ctx context.Context, q Query, openings []opening, found *[]Found, lookedUp int) (uint64, int, error) {
	for batch := range slices.Chunk(openings, searchParallel*4) {
		results := make([]*Found, len(batch))
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(searchParallel)
		for i, o := range batch {
			group.Go(func() (err error) {
				results[i], err = s.lookUp(ctx, q, o)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return 0, lookedUp, err
		}
		lookedUp += len(batch)
		for i, r := range results {
			if r == nil {
				continue
			}
			if *found = append(*found, *r); len(*found) == q.Limit {
				return batch[i].sequence, lookedUp, nil
			}
		}
		if lookedUp >= maxSearchLookups {
			return batch[len(batch)-1].sequence, lookedUp, nil
		}
	}
	return 0, lookedUp, nil
}

// lookUp returns the state of a session, or nil if it does not match, was erased in the meantime, or was opened again
// later.
func (s *Store) lookUp(ctx context.Context, q Query, o opening) (*Found, error) {
	event, err := streams.LastAs[schemas.SessionEvent](
		ctx,
		s.conn.Stream(streams.Sessions),
		streams.Subject(streams.KindSession, o.session),
	)
	if errors.Is(err, streams.ErrNotFound) {
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
	f := &Found{
		ID: o.session, Label: o.label, Opened: o.at, Edge: last.GetEdge(), Codes: []int32{}, Duration: max(0, end.Sub(o.at).Seconds()),
	}
	outcome := last.GetOutcome()
	d, err := s.LastDecision(ctx, o.session)
	switch {
	case errors.Is(err, streams.ErrNotFound):
	case err != nil:
		return nil, err
	case d.GetState().GetOpenedUnixNanos() > o.at.UnixNano():
		return nil, nil // opened again
	default:
		f.Codes, f.Frames = append(f.Codes, d.GetErrors()...), d.GetState().GetSequence()
		if d.GetOutcome().Terminal() {
			outcome = d.GetOutcome()
		}
	}
	if f.Outcome = schemas.OutcomeName(outcome); !q.outcome(outcome) || q.Code != 0 && !slices.Contains(f.Codes, q.Code) {
		return nil, nil
	}
	switch last.GetKind() {
	case schemas.SessionEventKind_SESSION_CLOSED, schemas.SessionEventKind_SESSION_LOCKED_OUT,
		schemas.SessionEventKind_SESSION_SEALED, schemas.SessionEventKind_SESSION_ANCHORED:
		f.Closed = &end
		return f, nil
	}
	f.Live, err = s.IsLive(ctx, o.session)
	return f, err
}
