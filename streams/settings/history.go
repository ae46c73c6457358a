package settings

import (
	"context"
	"fmt"
	"slices"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Change is a revision and what it changed.
type Change struct {
	*Revision
	Changed []schemas.SettingsChange // nil = unknown: this revision or the one before it cannot be read any more
}

// History returns the stored revisions of a variant, newest first, and what each changed; the very first is compared with
// the defaults. It returns streams.ErrNotFound for a variant that never existed.
func (s *Store) History(ctx context.Context, variant string) ([]Change, error) {
	key, err := keyOf(variant)
	if err != nil {
		return nil, err
	}
	var list []Change
	stored, before := 0, &Revision{Settings: schemas.DefaultSettings()}
	for msg, err := range s.bucket.Stream().Read(ctx, streams.Range{Subjects: []string{s.bucket.Subject(key)}}) {
		if err != nil {
			return nil, err
		}
		stored++
		if msg.Deleted() {
			continue
		}
		// A revision that cannot be read is listed all the same.
		r, unreadable := s.revisionOf(msg)
		change := Change{Revision: r}
		if unreadable == nil && before.Settings != nil {
			if change.Changed, err = schemas.DiffSettings(before.Settings, r.Settings); err != nil {
				return nil, err
			}
		}
		before = r
		list = append(list, change)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("settings variant %q: %w", variant, streams.ErrNotFound)
	}
	if stored >= streams.SettingsHistory { // the one before the oldest is gone
		list[0].Changed = nil
	}
	slices.Reverse(list)
	return list, nil
}
