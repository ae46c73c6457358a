package streams

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// List returns the keys that match a pattern such as "token.*" with their values, oldest first.
func (b *Bucket) List(ctx context.Context, pattern string) (values []Value, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	for v, err := range b.watch(ctx, pattern, jetstream.IgnoreDeletes()) {
		if err != nil {
			return nil, err
		}
		if v == nil {
			return values, nil
		}
		values = append(values, *v)
	}
	return nil, Blame(Infrastructure, fmt.Errorf("list %s: %w", b.kv.Bucket(), ctx.Err()))
}

// Watch yields the keys that match a pattern (">" for all of them) with their values, then nil once, and from then on each
// change. It ends without an error when ctx is done, and with one when the broker ends it.
func (b *Bucket) Watch(ctx context.Context, pattern string) iter.Seq2[*Value, error] {
	return b.watch(ctx, pattern)
}

func (b *Bucket) watch(ctx context.Context, pattern string, opts ...jetstream.WatchOpt) iter.Seq2[*Value, error] {
	return func(yield func(*Value, error) bool) {
		name := b.kv.Bucket()
		watch, err := b.kv.Watch(ctx, pattern, opts...)
		if err != nil {
			if ctx.Err() == nil {
				yield(nil, Blame(Infrastructure, fmt.Errorf("watch %s: %w", name, err)))
			}
			return
		}
		defer func() {
			if err := watch.Stop(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) && ctx.Err() == nil {
				slog.Warn("stop watching a bucket", "bucket", name, "error", err)
			}
		}()
		for {
			select {
			case <-ctx.Done():
				return
			case entry, ok := <-watch.Updates():
				switch {
				case !ok && ctx.Err() != nil:
					return
				case !ok:
					yield(nil, Blame(Infrastructure, fmt.Errorf("watch %s: the connection to the broker is closed", name)))
					return
				case entry == nil:
					if !yield(nil, nil) {
						return
					}
					continue
				}
				v := valueOf(entry)
				if !yield(&v, nil) {
					return
				}
			}
		}
	}
}
