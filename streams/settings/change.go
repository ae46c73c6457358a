package settings

import (
	"context"
	"errors"
	"fmt"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Put is Change of the document itself without an author.
func (s *Store) Put(ctx context.Context, document []byte) (*Revision, error) {
	return s.Change(ctx, "", document, Author{}, 0)
}

// Change validates a document and stores it, completed with the defaults, as the newest revision of a variant, which is
// created if it does not exist. New sessions are judged by it; running ones keep theirs.
//
// Secrets that read schemas.Masked keep their value, those of a new variant take it from the document itself. A document
// equal to the newest revision creates no new one. after, unless 0, is the revision that was edited: Change returns
// streams.ErrChanged when there is a newer one.
func (s *Store) Change(ctx context.Context, variant string, document []byte, author Author, after uint64) (*Revision, error) {
	next, err := schemas.ParseSettings(document)
	if err != nil {
		return nil, streams.Blame(streams.Input, err)
	}
	now, err := s.Newest(ctx, variant)
	switch {
	case errors.Is(err, streams.ErrNotFound) && after == 0:
		return s.createVariant(ctx, variant, next, author)
	case err != nil:
		return nil, err
	case after != 0 && after != now.Number:
		return nil, fmt.Errorf("revision %d of the settings is not the newest, which is %d: %w", after, now.Number, streams.ErrChanged)
	}
	if err := next.Unmask(now.Settings); err != nil {
		return nil, streams.Blame(streams.Input, err)
	}
	changes, err := schemas.DiffSettings(now.Settings, next)
	if err != nil || len(changes) == 0 {
		return now, err
	}
	return s.store(ctx, variant, next, author, now.Number)
}

// maxVariants bounds the size of the list of variants.
const maxVariants = 100

func (s *Store) createVariant(ctx context.Context, variant string, first *schemas.Settings, author Author) (*Revision, error) {
	all, err := s.Variants(ctx)
	if err != nil {
		return nil, err
	}
	if err := first.Unmask(all[0].Settings); err != nil {
		return nil, streams.Blame(streams.Input, err)
	}
	if len(all) > maxVariants {
		return nil, invalid("there are %d variants already, delete one first", maxVariants)
	}
	key, err := keyOf(variant)
	if err != nil {
		return nil, err
	}
	_, last, err := s.newest(ctx, key)
	if err != nil {
		return nil, err
	}
	return s.store(ctx, variant, first, author, last)
}

// Restore stores an earlier revision as the newest one of its variant.
func (s *Store) Restore(ctx context.Context, revision uint64, author Author) (*Revision, error) {
	old, err := s.Revision(ctx, revision)
	if err != nil {
		return nil, err
	}
	key, err := keyOf(old.Variant)
	if err != nil {
		return nil, err
	}
	msg, last, err := s.newest(ctx, key)
	if err != nil {
		return nil, err
	}
	if msg != nil && msg.Sequence == revision {
		return old, nil
	}
	return s.store(ctx, old.Variant, old.Settings, author, last)
}
