package sessions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/selene-liveness/selene/streams"
)

// MaxAttempts is the number of sessions that one ID can stand for, the first included.
const MaxAttempts = 100

// Attempts are the sessions that an ID stands for, if it may be used again. The first has the ID itself. Each later one has an ID of its
// own, under which everything of it is stored, and this one as its label.
type Attempts struct {
	ID       string
	Later    []string // the IDs of the later ones, in order
	closed   bool     // no further one can be added
	revision uint64
}

type storedAttempts struct {
	Later  []string `json:"later"`
	Closed bool     `json:"closed,omitempty"`
}

// attemptsKey begins the keys of attempts in the bucket of tickets.
const attemptsKey = "attempts."

// All returns the IDs of all of them, the first first.
func (a *Attempts) All() []string { return append([]string{a.ID}, a.Later...) }

// Current returns the ID of the newest.
func (a *Attempts) Current() string { return a.All()[len(a.Later)] }

// AttemptsOf returns the attempts of an ID.
func (s *Store) AttemptsOf(ctx context.Context, id string) (*Attempts, error) {
	a := &Attempts{ID: id}
	v, err := s.tickets().Get(ctx, attemptsKey+id)
	if errors.Is(err, streams.ErrNotFound) {
		return a, nil
	}
	if err != nil {
		return nil, fmt.Errorf("attempts of %s: %w", id, err)
	}
	var stored storedAttempts
	if err := json.Unmarshal(v.Data, &stored); err != nil {
		return nil, streams.Blame(streams.Input, fmt.Errorf("read the attempts of %s: %w", id, err))
	}
	a.Later, a.closed, a.revision = stored.Later, stored.Closed, v.Revision
	return a, nil
}

// AddAttempt adds a session as the newest. It returns streams.ErrChanged if another one was added since a was read, or none can be
// added any more, and streams.ErrErased if the ID was erased.
func (s *Store) AddAttempt(ctx context.Context, a *Attempts, session string) error {
	if a.closed || len(a.Later)+1 >= MaxAttempts {
		return streams.ErrChanged
	}
	return s.putAttempts(ctx, a, storedAttempts{Later: append(append([]string{}, a.Later...), session)})
}

// CloseAttempts returns the attempts of an ID, to which none is added from then on.
func (s *Store) CloseAttempts(ctx context.Context, id string) (*Attempts, error) {
	for {
		a, err := s.AttemptsOf(ctx, id)
		if err != nil || a.closed {
			return a, err
		}
		switch err := s.putAttempts(ctx, a, storedAttempts{Later: a.Later, Closed: true}); {
		case errors.Is(err, streams.ErrChanged):
		case errors.Is(err, streams.ErrErased): // before, with all of its attempts
			return a, nil
		default:
			return a, err
		}
	}
}

func (s *Store) putAttempts(ctx context.Context, a *Attempts, stored storedAttempts) error {
	data, err := json.Marshal(stored)
	if err != nil {
		return fmt.Errorf("encode attempts: %w", err)
	}
	if _, err := s.tickets().Update(ctx, attemptsKey+a.ID, data, a.revision, 0); err != nil {
		return fmt.Errorf("store the attempts of %s: %w", a.ID, err)
	}
	return nil
}
