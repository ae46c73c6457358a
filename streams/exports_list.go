package streams

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/selene-liveness/selene/schemas"
)

// ExportsAll is the newest 1000 exports, newest first.
func (c *Conn) ExportsAll(ctx context.Context) ([]*schemas.Export, error) {
	const most = MaxExports
	all := []*schemas.Export{}
	newest := func() []*schemas.Export {
		slices.SortFunc(all, func(a, b *schemas.Export) int { return b.Created.Compare(a.Created) })
		return all[:min(len(all), most)]
	}
	for e, err := range c.storedExports(ctx) {
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
const listTime = 4 * requestTimeout

// storedExports yields all exports in no order.
func (c *Conn) storedExports(ctx context.Context) iter.Seq2[*schemas.Export, error] {
	return func(yield func(*schemas.Export, error) bool) {
		ctx, cancel := context.WithTimeout(ctx, listTime)
		defer cancel()
		for msg, err := range c.Bucket(BucketExports).Stream().Read(ctx, Range{}) {
			if err != nil {
				yield(nil, err)
				return
			}
			if len(msg.Data) == 0 { // one that was forgotten
				continue
			}
			e, err := decodeExport(msg.Subject, msg.Data)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// WatchExport yields an export as it is, and again whenever it has changed, until it is over; fast changes may be left
// out. The last pair is an error when it could not be followed until then: ErrNotFound for one that is not there, or is
// forgotten meanwhile, ctx's own when that is done.
func (c *Conn) WatchExport(ctx context.Context, id string) iter.Seq2[*schemas.Export, error] {
	return func(yield func(*schemas.Export, error) bool) {
		if _, _, err := c.Export(ctx, id); err != nil { // the id may be anything
			yield(nil, err)
			return
		}
		found := false
		for v, err := range c.Bucket(BucketExports).Watch(ctx, id) {
			switch {
			case err != nil:
				yield(nil, fmt.Errorf("follow export %s: %w", id, err))
				return
			case v == nil && found:
				continue
			case v == nil, v.Deleted:
				yield(nil, fmt.Errorf("export %s: %w", id, ErrNotFound))
				return
			}
			found = true
			e, err := decodeExport(id, v.Data)
			if !yield(e, err) || err != nil || e.Over() {
				return
			}
		}
		yield(nil, fmt.Errorf("follow export %s: %w", id, ctx.Err()))
	}
}
