package streams

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Bucket is a set of keys with values that is kept by the broker. It is safe for concurrent use.
type Bucket struct {
	conn   *Conn
	kv     jetstream.KeyValue
	stream *Stream
}

// Value is the value of a key.
type Value struct {
	Key      string
	Revision uint64 // to name in Update
	Data     []byte
	Stored   time.Time
	Deleted  bool // or expired; only Watch yields such values
}

// bucketPrefix begins the subject of every key, before the bucket's name.
const bucketPrefix = "$KV."

// deletedFor is the time that the marker of a deleted key stays.
const deletedFor = time.Minute

// Bucket returns the bucket with one of the names that begin with Bucket. It panics for any other name.
func (c *Conn) Bucket(name string) *Bucket {
	b := c.buckets[name]
	if b == nil {
		panic("streams: bucket " + name + " is not declared")
	}
	return b
}

// openBucket returns a handle of a bucket that exists.
func (c *Conn) openBucket(ctx context.Context, name string, kv jetstream.KeyValue) (*Bucket, error) {
	s, err := c.js.Stream(ctx, BucketStream(name))
	if err != nil {
		return nil, fmt.Errorf("find bucket %s: %w", name, err)
	}
	return &Bucket{c, kv, &Stream{s, BucketStream(name), c.keys}}, nil
}

// BucketStream returns the name of the stream behind a bucket.
func BucketStream(name string) string { return "KV_" + name }

// Stream returns the stream behind the bucket, which holds the revisions of all keys.
func (b *Bucket) Stream() *Stream { return b.stream }

// Subject returns the subject of a key, or of a pattern of keys, in the bucket's stream.
func (b *Bucket) Subject(key string) string { return bucketPrefix + b.kv.Bucket() + "." + key }

// Key returns the key that a subject of the bucket's stream belongs to.
func (b *Bucket) Key(subject string) string { return strings.TrimPrefix(subject, b.Subject("")) }

// Get returns the value of a key. It returns ErrNotFound for a key that does not exist or that no bucket can hold.
func (b *Bucket) Get(ctx context.Context, key string) (Value, error) {
	if keyOf(b.Subject(key)) != "" {
		return b.getSealed(ctx, key)
	}
	entry, err := b.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		return Value{}, fmt.Errorf("key of %s: %w", b.kv.Bucket(), ErrNotFound)
	}
	if err != nil {
		return Value{}, Blame(Infrastructure, fmt.Errorf("read a key of %s: %w", b.kv.Bucket(), err))
	}
	return valueOf(entry), nil
}

func (b *Bucket) getSealed(ctx context.Context, key string) (Value, error) {
	m, err := b.stream.Last(ctx, b.Subject(key))
	if err == nil && m.Deleted() {
		err = ErrNotFound
	}
	if err != nil {
		return Value{}, fmt.Errorf("key of %s: %w", b.kv.Bucket(), err)
	}
	return Value{key, m.Sequence, m.Data, m.Stored, false}, nil
}

// Put stores a value regardless of what the key holds, and returns its revision. The key expires after ttl, which counts
// in whole seconds and at least one; 0 keeps it.
func (b *Bucket) Put(ctx context.Context, key string, data []byte, ttl time.Duration) (uint64, error) {
	return b.publish(ctx, key, data, PublishOptions{TTL: ttl})
}

// Update stores a value as the one after a revision, or with revision 0 as the value of a key that does not exist, and
// returns its revision. It returns ErrChanged when the key has another revision. The ttl is that of Put.
func (b *Bucket) Update(ctx context.Context, key string, data []byte, revision uint64, ttl time.Duration) (uint64, error) {
	stored, err := b.publish(ctx, key, data, PublishOptions{TTL: ttl, Last: &revision})
	if revision != 0 || !errors.Is(err, ErrChanged) {
		return stored, err
	}
	// A key that was deleted, or that expired, leaves a marker that has its own revision.
	last, lookUp := b.stream.Last(ctx, b.Subject(key))
	switch {
	case errors.Is(lookUp, ErrNotFound):
		return 0, err
	case lookUp != nil:
		return 0, lookUp
	case !last.Deleted():
		return 0, err
	}
	return b.publish(ctx, key, data, PublishOptions{TTL: ttl, Last: &last.Sequence})
}

func (b *Bucket) publish(ctx context.Context, key string, data []byte, o PublishOptions) (uint64, error) {
	revision, err := b.conn.Publish(ctx, b.Subject(key), data, o)
	if err != nil {
		return 0, fmt.Errorf("write a key of %s: %w", b.kv.Bucket(), err)
	}
	return revision, nil
}

// Delete removes a key with all its revisions, whether it exists or not. Watchers are notified.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := b.kv.Purge(ctx, key, jetstream.PurgeTTL(deletedFor)); err != nil {
		return Blame(Infrastructure, fmt.Errorf("delete a key of %s: %w", b.kv.Bucket(), err))
	}
	return nil
}

// MarkDeleted marks a key as deleted, but keeps its earlier revisions. It returns ErrChanged when the key has
// another revision than this.
func (b *Bucket) MarkDeleted(ctx context.Context, key string, revision uint64) error {
	_, err := b.publish(ctx, key, nil, PublishOptions{Last: &revision, Header: map[string]string{headerOperation: operationDelete}})
	return err
}

// Purge removes all revisions of the keys that match a pattern and leaves no trace. Watchers are not notified.
func (b *Bucket) Purge(ctx context.Context, pattern string) error {
	return b.stream.Purge(ctx, b.Subject(pattern), 0)
}

func valueOf(e jetstream.KeyValueEntry) Value {
	return Value{e.Key(), e.Revision(), e.Value(), e.Created(), e.Operation() != jetstream.KeyValuePut}
}
