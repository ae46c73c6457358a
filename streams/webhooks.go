package streams

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Webhooks are the keys of the bucket of webhooks that match a pattern such as "hook.*", with their values, oldest first.
func (c *Conn) Webhooks(ctx context.Context, pattern string) ([]Value, error) {
	return valuesOf(ctx, c.webhooks, pattern)
}

// Webhook is the value of a key of that bucket. It is ErrNotFound when there is none.
func (c *Conn) Webhook(ctx context.Context, key string) (Value, error) {
	return getValue(ctx, c.webhooks, key)
}

// PutWebhook writes a key that had that revision when it was read, or that was not there (0). It is ErrChanged when that
// is no longer so.
func (c *Conn) PutWebhook(ctx context.Context, key string, data []byte, revision uint64) error {
	return c.putValue(ctx, bucketWebhooks, key, data, revision, 0)
}

// DeleteWebhook removes a key, whether it is there or not.
func (c *Conn) DeleteWebhook(ctx context.Context, key string) error {
	return deleteValue(ctx, c.webhooks, key)
}

// WatchWebhooks hands each key of that bucket and each change of one to changed, one after another, until ctx is done;
// an error then means nothing. Data is nil for a key that is gone.
func (c *Conn) WatchWebhooks(ctx context.Context, changed func(key string, data []byte)) error {
	watch, err := c.webhooks.WatchAll(ctx)
	if err != nil {
		return Blame(Infrastructure, fmt.Errorf("watch webhooks: %w", err))
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case entry, ok := <-watch.Updates():
			switch {
			case !ok:
				return Blame(Infrastructure, errors.New("watch webhooks: the broker is gone"))
			case entry == nil: // those there were are through
			case entry.Operation() == jetstream.KeyValuePut:
				changed(entry.Key(), entry.Value())
			default:
				changed(entry.Key(), nil)
			}
		}
	}
}

// WebhookConsumer is the durable name of a webhook on each stream it is told of.
func WebhookConsumer(id string) string { return "webhook-" + id }

// ForgetWebhook removes the consumers of a webhook. Nobody may consume for it any more.
func (c *Conn) ForgetWebhook(ctx context.Context, id string) error {
	for _, name := range []string{Decisions, Sessions, Videos} {
		err := c.streams[name].DeleteConsumer(ctx, WebhookConsumer(id))
		if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return Blame(Infrastructure, fmt.Errorf("remove webhook %s from %s: %w", id, name, err))
		}
	}
	return nil
}
