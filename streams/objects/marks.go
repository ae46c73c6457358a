package objects

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/streams"
)

// The bucket of readers keeps sweepers away from objects in use. A reader puts its mark on the object's name and then
// looks for a sweeper's; a sweeper puts its mark and then looks for readers'. In either order one of them sees the
// other: the reader finds nothing, the writer waits, or the sweeper steps back. Marks of a process that died expire.
const (
	markTTL      = 30 * time.Second
	sweeperMark  = "sweeper"
	sweptPause   = 100 * time.Millisecond
	unmarkWithin = 5 * time.Second
)

// marksPrefix returns the beginning of the keys of an object's marks. Names may hold characters that keys may not.
func marksPrefix(name string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(name)) + "."
}

// markReader marks the object as being read until released, or until ctx is done.
func (s *Store) markReader(ctx context.Context, name string) (release func(), err error) {
	key := marksPrefix(name) + uuid.NewString()
	if err := s.mark(ctx, key); err != nil {
		return nil, err
	}
	_, swept, err := s.marksOn(ctx, name)
	if err == nil && swept {
		err = fmt.Errorf("object %s is being swept: %w", name, streams.ErrNotFound)
	}
	if err != nil {
		s.unmark(ctx, key)
		return nil, err
	}
	marking, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(s.markTTL / 3)
		defer tick.Stop()
		for {
			select {
			case <-marking.Done():
				return
			case <-tick.C:
			}
			if err := s.mark(marking, key); err != nil && marking.Err() == nil {
				slog.Warn("keep an object in use from being swept", "object", name, "error", err)
			}
		}
	}()
	return func() {
		stop()
		<-done
		s.unmark(ctx, key)
	}, nil
}

// markWriter is markReader for a writer, which waits while the object is being swept.
func (s *Store) markWriter(ctx context.Context, name string) (release func(), err error) {
	for {
		release, err := s.markReader(ctx, name)
		if !errors.Is(err, streams.ErrNotFound) {
			return release, err
		}
		select {
		case <-ctx.Done():
			return nil, streams.Blame(streams.Infrastructure, fmt.Errorf("store object %s once it is swept: %w", name, ctx.Err()))
		case <-time.After(sweptPause):
		}
	}
}

func (s *Store) mark(ctx context.Context, key string) error {
	if _, err := s.readers.Put(ctx, key, nil, s.markTTL); err != nil {
		return fmt.Errorf("mark an object as being read: %w", err)
	}
	return nil
}

// unmark removes a mark. One that cannot be removed expires.
func (s *Store) unmark(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unmarkWithin)
	defer cancel()
	if err := s.readers.Purge(ctx, key); err != nil {
		slog.Debug("an object's mark stays until it expires", "error", err)
	}
}

// marksOn returns the marks on a name. It queries the leader of the stream, which has every acknowledged mark;
// single messages may come from a server that is behind, and then count as marks.
func (s *Store) marksOn(ctx context.Context, name string) (readers int, swept bool, err error) {
	subjects, err := s.readers.Stream().Subjects(ctx, s.readers.Subject(marksPrefix(name)+"*"))
	if err != nil {
		return 0, false, fmt.Errorf("look for readers of object %s: %w", name, err)
	}
	for subject := range subjects {
		msg, err := s.readers.Stream().Last(ctx, subject)
		switch {
		case errors.Is(err, streams.ErrNotFound):
		case err != nil:
			return 0, false, fmt.Errorf("look for readers of object %s: %w", name, err)
		case msg.Deleted(): // it has expired
			continue
		}
		if strings.HasSuffix(subject, "."+sweeperMark) {
			swept = true
		} else {
			readers++
		}
	}
	return readers, swept, nil
}

// claim lets the caller remove an object while ctx lasts. It reports false when another process reads or sweeps it.
func (s *Store) claim(ctx context.Context, name string) (release func(), ok bool, err error) {
	key := marksPrefix(name) + sweeperMark
	_, err = s.readers.Update(ctx, key, nil, 0, s.markTTL)
	if errors.Is(err, streams.ErrChanged) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("mark object %s as being swept: %w", name, err)
	}
	release = func() { s.unmark(ctx, key) }
	readers, _, err := s.marksOn(ctx, name)
	if err != nil || readers > 0 {
		release()
		return nil, false, err
	}
	return release, true, nil
}
