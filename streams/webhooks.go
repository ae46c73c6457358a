package streams

import (
	"context"
)

// Webhooks are the keys of the bucket of webhooks that match a pattern such as "hook.*", with their values, oldest first.
func (c *Conn) Webhooks(ctx context.Context, pattern string) ([]Value, error) {
	return c.Bucket(BucketWebhooks).List(ctx, pattern)
}

// Webhook is the value of a key of that bucket. It is ErrNotFound when there is none.
func (c *Conn) Webhook(ctx context.Context, key string) (Value, error) {
	return c.Bucket(BucketWebhooks).Get(ctx, key)
}

// PutWebhook writes a key that had that revision when it was read, or that was not there (0). It is ErrChanged when that
// is no longer so.
func (c *Conn) PutWebhook(ctx context.Context, key string, data []byte, revision uint64) error {
	_, err := c.Bucket(BucketWebhooks).Update(ctx, key, data, revision, 0)
	return err
}

// DeleteWebhook removes a key, whether it is there or not.
func (c *Conn) DeleteWebhook(ctx context.Context, key string) error {
	return c.Bucket(BucketWebhooks).Delete(ctx, key)
}

// WatchWebhooks hands each key of that bucket and each change of one to changed, one after another, until ctx is done;
// an error then means nothing. Data is nil for a key that is gone.
func (c *Conn) WatchWebhooks(ctx context.Context, changed func(key string, data []byte)) error {
	for v, err := range c.Bucket(BucketWebhooks).Watch(ctx, ">") {
		switch {
		case err != nil:
			return err
		case v == nil: // the present ones are through
		case v.Deleted:
			changed(v.Key, nil)
		default:
			changed(v.Key, v.Data)
		}
	}
	return nil
}

// WebhookConsumer is the durable name of a webhook on each stream it is told of.
func WebhookConsumer(id string) string { return "webhook-" + id }

// ForgetWebhook removes the consumers of a webhook. Nobody may consume for it any more.
func (c *Conn) ForgetWebhook(ctx context.Context, id string) error {
	for _, name := range []string{Decisions, Sessions, Videos} {
		if err := c.Stream(name).DeleteConsumer(ctx, WebhookConsumer(id)); err != nil {
			return err
		}
	}
	return nil
}
