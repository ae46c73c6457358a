package exports

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Cancel ends an export that waits or is under way: the next update of its worker returns streams.ErrChanged. A finished
// export stays as it is. Cancel returns streams.ErrNotFound for an export that does not exist.
func (s *Store) Cancel(ctx context.Context, id string) (*schemas.Export, error) {
	for {
		e, revision, err := s.Get(ctx, id)
		if err != nil || e.Over() {
			return e, err
		}
		e.Status, e.Reason, e.Files = schemas.VideoCanceled, "", nil
		_, err = s.Update(ctx, e, revision)
		if errors.Is(err, streams.ErrChanged) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return e, s.unqueue(ctx, id)
	}
}

// Remove deletes a finished export and its files.
func (s *Store) Remove(ctx context.Context, e *schemas.Export) error {
	for _, f := range e.Files {
		if err := s.objects.Delete(ctx, f.Object); err != nil {
			return err
		}
	}
	return s.bucket.Delete(ctx, e.ID)
}

// Forget takes a session that is being erased out of all exports, with its files. It cancels those under way, and removes
// those of this session alone.
func (s *Store) Forget(ctx context.Context, session string) error {
	var with []string
	for e, err := range s.stored(ctx) {
		if err != nil {
			return err
		}
		if slices.Contains(e.Order.Sessions, session) {
			with = append(with, e.ID)
		}
	}
	for _, id := range with {
		err := streams.ErrChanged
		for errors.Is(err, streams.ErrChanged) {
			err = s.forgetIn(ctx, id, session)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) forgetIn(ctx context.Context, id, session string) error {
	e, revision, err := s.Get(ctx, id)
	if errors.Is(err, streams.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, f := range e.Files {
		if f.Session == session {
			if err := s.objects.Delete(ctx, f.Object); err != nil {
				return err
			}
		}
	}
	e.Order.Sessions = slices.DeleteFunc(e.Order.Sessions, func(s string) bool { return s == session })
	e.Files = slices.DeleteFunc(e.Files, func(f schemas.ExportFile) bool { return f.Session == session })
	if len(e.Order.Sessions) == 0 {
		if err := s.bucket.Delete(ctx, id); err != nil {
			return err
		}
		return s.unqueue(ctx, id)
	}
	if e.Over() { // the others have their statuses
		e.Reason = strings.ReplaceAll(e.Reason, session, "that was erased")
		_, err = s.put(ctx, e, revision, untilExpired(e))
		return err
	}
	e.Status, e.Reason, e.Files = schemas.VideoCanceled, "a session of the order was erased", nil
	if _, err := s.Update(ctx, e, revision); err != nil {
		return err
	}
	return s.unqueue(ctx, id)
}

// unqueue makes space in the queue, and keeps workers from an export that is finished.
func (s *Store) unqueue(ctx context.Context, id string) error {
	return s.conn.Stream(streams.Exports).Purge(ctx, streams.Subject(streams.KindExport, id), 0)
}
