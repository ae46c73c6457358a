package events

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/streams"
)

// ErrSlow ends a feed whose reader falls behind.
var ErrSlow = errors.New("too slow")

// Feed tells of the events that a filter wants, those to come and those since a cursor.
type Feed struct {
	Conn   *streams.Conn
	Filter Filter
	Lag    uint64 // how many messages a reader may be behind that has caught up once; 0 = any
}

// ErrAhead is returned for a cursor beyond what is stored: it is of another installation, or of one that was lost.
var ErrAhead = errors.New("the cursor is beyond what is stored")

// Now is the cursor of what is stored by now. One that is given instead is checked against it.
func (f *Feed) Now(ctx context.Context, since Cursor) (Cursor, error) {
	now := Cursor{}
	for _, k := range Kinds() {
		state, err := f.Conn.Stream(k.Stream()).State(ctx)
		if err != nil {
			return nil, err
		}
		if since[k] > state.Last {
			return nil, fmt.Errorf("%w: %s %d, the last is %d", ErrAhead, k, since[k], state.Last)
		}
		now[k] = state.Last
	}
	if since != nil {
		return since, nil
	}
	return now, nil
}

// told is a message on its way to the reader; event is nil when nobody wants it.
type told struct {
	kind     Kind
	sequence uint64
	event    *Event
}

// waiting is how many messages wait for the reader beside those that the followers fetched.
const waiting = 16

// Run hands events to tell, one after another, until ctx is done or tell returns an error, which it returns; or ErrSlow.
// Those of a kind come in order. It moves the cursor on, past what is not wanted too, and gives each event its own.
// Whenever beat has something Run calls alive in between.
func (f *Feed) Run(ctx context.Context, cursor Cursor, beat <-chan struct{}, tell func(*Event) error, alive func(Cursor) error) error {
	group, ctx := errgroup.WithContext(ctx)
	messages := make(chan told, waiting)
	for _, k := range f.Filter.Wanted() {
		after := cursor[k] // of now: the cursor moves on
		group.Go(func() error { return f.follow(ctx, k, after, messages) })
	}
	group.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-beat:
				if err := alive(cursor); err != nil {
					return err
				}
			case m := <-messages:
				cursor[m.kind] = m.sequence
				if m.event == nil {
					continue
				}
				m.event.Cursor = cursor.String()
				if err := tell(m.event); err != nil {
					return err
				}
			}
		}
	})
	return group.Wait()
}

func (f *Feed) follow(ctx context.Context, k Kind, after uint64, messages chan<- told) error {
	caughtUp := false
	return f.Conn.Follow(ctx, k.Stream(), after, func(m streams.Followed) error {
		if caughtUp && f.Lag > 0 && m.Left > f.Lag {
			return ErrSlow
		}
		e := Read(k, m)
		if e != nil && !f.Filter.Wants(e) {
			e = nil
		}
		select {
		case messages <- told{k, m.Sequence, e}:
		case <-ctx.Done():
		}
		return nil
	}, func() { caughtUp = true })
}
