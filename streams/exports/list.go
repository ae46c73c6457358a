package exports

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// All returns the newest 1000 exports, newest first.
func (s *Store) All(ctx context.Context) ([]*schemas.Export, error) {
	const most = streams.MaxExports
	all := []*schemas.Export{}
	newest := func() []*schemas.Export {
		slices.SortFunc(all, func(a, b *schemas.Export) int { return b.Created.Compare(a.Created) })
		return all[:min(len(all), most)]
	}
	for e, err := range s.stored(ctx) {
		if err != nil {
			return nil, err
		}
		if all = append(all, e); len(all) == 2*most {
			all = newest()
		}
	}
	return newest(), nil
}

// listTime bounds a list that waits for the last of its entries, which expired just then.
const listTime = 20 * time.Second

// stored yields all exports in any order.
func (s *Store) stored(ctx context.Context) iter.Seq2[*schemas.Export, error] {
	return func(yield func(*schemas.Export, error) bool) {
		ctx, cancel := context.WithTimeout(ctx, listTime)
		defer cancel()
		for msg, err := range s.bucket.Stream().Read(ctx, streams.Range{}) {
			if err != nil {
				yield(nil, err)
				return
			}
			if msg.Deleted() {
				continue
			}
			e, err := decode(s.bucket.Key(msg.Subject), msg.Data)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Watch yields an export as it is, and again whenever it has changed, until it is finished; fast changes may be left out.
// The last pair is an error if the export could not be watched until then: streams.ErrNotFound if it does not exist or was
// removed meanwhile, ctx's error when ctx is done.
func (s *Store) Watch(ctx context.Context, id string) iter.Seq2[*schemas.Export, error] {
	return func(yield func(*schemas.Export, error) bool) {
		if _, _, err := s.Get(ctx, id); err != nil { // the ID may be anything
			yield(nil, err)
			return
		}
		found := false
		for v, err := range s.bucket.Watch(ctx, id) {
			switch {
			case err != nil:
				yield(nil, fmt.Errorf("watch export %s: %w", id, err))
				return
			case v == nil && found:
				continue
			case v == nil, v.Deleted:
				yield(nil, fmt.Errorf("export %s: %w", id, streams.ErrNotFound))
				return
			}
			found = true
			e, err := decode(id, v.Data)
			if !yield(e, err) || err != nil || e.Over() {
				return
			}
		}
		yield(nil, fmt.Errorf("watch export %s: %w", id, ctx.Err()))
	}
}
