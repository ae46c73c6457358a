package streams

import (
	"context"
	"time"
)

// Account is the value of a key of the bucket of accounts. It is ErrNotFound when there is none.
func (c *Conn) Account(ctx context.Context, key string) (Value, error) {
	return c.Bucket(BucketAccounts).Get(ctx, key)
}

// PutAccount writes a key that had that revision when it was read, or that was not there (0). It is ErrChanged when that
// is no longer so.
func (c *Conn) PutAccount(ctx context.Context, key string, data []byte, revision uint64) error {
	_, err := c.Bucket(BucketAccounts).Update(ctx, key, data, revision, 0)
	return err
}

// DeleteAccount removes a key, whether it is there or not.
func (c *Conn) DeleteAccount(ctx context.Context, key string) error {
	return c.Bucket(BucketAccounts).Delete(ctx, key)
}

// Accounts are the keys that match a pattern such as "token.*", with their values, oldest first.
func (c *Conn) Accounts(ctx context.Context, pattern string) ([]Value, error) {
	return c.Bucket(BucketAccounts).List(ctx, pattern)
}

// Login is the value of a key of the bucket of log-ins. It is ErrNotFound when there is none, or it has expired.
func (c *Conn) Login(ctx context.Context, key string) (Value, error) {
	return c.Bucket(BucketLogins).Get(ctx, key)
}

// PutLogin writes a key that had that revision when it was read, or that was not there (0), and lets it expire after ttl,
// which is counted in seconds. It is ErrChanged when that is no longer so.
func (c *Conn) PutLogin(ctx context.Context, key string, data []byte, revision uint64, ttl time.Duration) error {
	_, err := c.Bucket(BucketLogins).Update(ctx, key, data, revision, max(ttl, time.Second))
	return err
}

// DeleteLogin removes a key, whether it is there or not.
func (c *Conn) DeleteLogin(ctx context.Context, key string) error {
	return c.Bucket(BucketLogins).Delete(ctx, key)
}
