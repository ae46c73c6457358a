package streams

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Value is what a key of a bucket holds, with the revision that a change of it names.
type Value struct {
	Key      string
	Revision uint64
	Data     []byte
}

// Account is the value of a key of the bucket of accounts. It is ErrNotFound when there is none.
func (c *Conn) Account(ctx context.Context, key string) (Value, error) {
	return getValue(ctx, c.accounts, key)
}

// PutAccount writes a key that had that revision when it was read, or that was not there (0). It is ErrChanged when that
// is no longer so.
func (c *Conn) PutAccount(ctx context.Context, key string, data []byte, revision uint64) error {
	return c.putValue(ctx, bucketAccounts, key, data, revision, 0)
}

// DeleteAccount removes a key, whether it is there or not.
func (c *Conn) DeleteAccount(ctx context.Context, key string) error {
	return deleteValue(ctx, c.accounts, key)
}

// Accounts are the keys that match a pattern such as "token.*", with their values, oldest first.
func (c *Conn) Accounts(ctx context.Context, pattern string) ([]Value, error) {
	return valuesOf(ctx, c.accounts, pattern)
}

func valuesOf(ctx context.Context, bucket jetstream.KeyValue, pattern string) (values []Value, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	list := "list " + bucket.Bucket()
	watch, err := bucket.Watch(ctx, pattern, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("%s: %w", list, err))
	}
	for {
		select {
		case entry, ok := <-watch.Updates():
			switch {
			case !ok:
				return nil, Blame(Infrastructure, errors.New(list+": the broker is gone"))
			case entry == nil: // that was all
				return values, Blame(Infrastructure, watch.Stop())
			}
			values = append(values, Value{entry.Key(), entry.Revision(), entry.Value()})
		case <-ctx.Done():
			return nil, Blame(Infrastructure, fmt.Errorf("%s: %w", list, ctx.Err()))
		}
	}
}

// Login is the value of a key of the bucket of log-ins. It is ErrNotFound when there is none, or it has expired.
func (c *Conn) Login(ctx context.Context, key string) (Value, error) {
	return getValue(ctx, c.logins, key)
}

// PutLogin writes a key that had that revision when it was read, or that was not there (0), and lets it expire after ttl,
// which is counted in seconds. It is ErrChanged when that is no longer so.
func (c *Conn) PutLogin(ctx context.Context, key string, data []byte, revision uint64, ttl time.Duration) error {
	return c.putValue(ctx, bucketLogins, key, data, revision, max(ttl.Truncate(time.Second), time.Second))
}

// DeleteLogin removes a key, whether it is there or not.
func (c *Conn) DeleteLogin(ctx context.Context, key string) error {
	return deleteValue(ctx, c.logins, key)
}

func getValue(ctx context.Context, bucket jetstream.KeyValue, key string) (Value, error) {
	entry, err := bucket.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) { // which nothing can have
		return Value{}, fmt.Errorf("key of %s: %w", bucket.Bucket(), ErrNotFound)
	}
	if err != nil {
		return Value{}, Blame(Infrastructure, fmt.Errorf("read a key of %s: %w", bucket.Bucket(), err))
	}
	return Value{key, entry.Revision(), entry.Value()}, nil
}

func (c *Conn) putValue(ctx context.Context, bucket, key string, data []byte, revision uint64, ttl time.Duration) error {
	opts := []jetstream.PublishOpt{jetstream.WithExpectLastSequencePerSubject(revision)}
	if ttl > 0 {
		opts = append(opts, jetstream.WithMsgTTL(ttl))
	}
	_, err := c.js.PublishMsg(ctx, &nats.Msg{Subject: "$KV." + bucket + "." + key, Data: data}, opts...)
	var api *jetstream.APIError
	if errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		return ErrChanged
	}
	if err != nil {
		return Blame(Infrastructure, fmt.Errorf("write a key of %s: %w", bucket, err))
	}
	return nil
}

func deleteValue(ctx context.Context, bucket jetstream.KeyValue, key string) error {
	if err := bucket.Purge(ctx, key, jetstream.PurgeTTL(time.Minute)); err != nil {
		return Blame(Infrastructure, fmt.Errorf("delete a key of %s: %w", bucket.Bucket(), err))
	}
	return nil
}
