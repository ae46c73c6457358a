package events

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/streams"
)

// ErrSlow is returned when the reader of a feed falls behind.
var ErrSlow = errors.New("too slow")

// Feed delivers the events that match a filter: future ones, and stored ones since a cursor.
type Feed struct {
	Conn   *streams.Conn
	Filter Filter
	Lag    uint64 // how many messages a reader may fall behind after it has caught up; 0 = any number
}

// ErrAhead is returned for a cursor after the last stored message: it comes from another installation, or from lost streams.
var ErrAhead = errors.New("the cursor is newer than every stored event")

// Now returns the cursor of the last stored messages, or since if that is set, after checking it.
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

// queued is a message on its way to the reader; event is nil if the filter does not match.
type queued struct {
	kind     Kind
	sequence uint64
	event    *Event
}

// queueSize bounds how many messages are queued for the reader, beside those that the followers have fetched.
const queueSize = 16

// Run passes events to deliver, one after another, until ctx is done or deliver returns an error, which it returns; or ErrSlow.
// Events of one kind are in order. It advances the cursor, also past events that do not match, and sets it in each event.
// Between events it calls alive for each value of beat.
func (f *Feed) Run(ctx context.Context, cursor Cursor, beat <-chan struct{}, deliver func(*Event) error, alive func(Cursor) error) error {
	group, ctx := errgroup.WithContext(ctx)
	messages := make(chan queued, queueSize)
	for _, k := range f.Filter.Wanted() {
		after := cursor[k] // the current value: the cursor advances
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
				if err := deliver(m.event); err != nil {
					return err
				}
			}
		}
	})
	return group.Wait()
}

func (f *Feed) follow(ctx context.Context, k Kind, after uint64, messages chan<- queued) error {
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
		case messages <- queued{k, m.Sequence, e}:
		case <-ctx.Done():
		}
		return nil
	}, func() { caughtUp = true })
}
