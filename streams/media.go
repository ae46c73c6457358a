package streams

import (
	"context"
	"fmt"

	"github.com/selene-liveness/selene/streams/media"
)

// Media returns the store of media that Connect opened, and how long each kind of object is kept.
func (c *Conn) Media() (media.Store, media.TTL) { return c.media, c.ttl }

// openMedia opens the store that the configuration names.
func (c *Conn) openMedia(ctx context.Context, m media.Config, l Limits) (err error) {
	if err := m.Check(); err != nil {
		return err
	}
	c.ttl = m.TTL
	if m.Store != media.StoreObjects {
		c.media, err = media.Open(ctx, m)
		return err
	}
	if c.role.manages() {
		if _, err := c.js.CreateOrUpdateObjectStore(ctx, mediaStore(l)); err != nil {
			return fmt.Errorf("create object store %s: %w", storeMedia, err)
		}
	}
	c.media, err = media.Objects(ctx, c.js, storeMedia)
	return err
}
