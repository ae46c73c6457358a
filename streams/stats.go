package streams

import (
	"context"
	"fmt"
)

const statsKey = "counters"

// StatsSnapshot is what an edge stored last of what it counted. It is ErrNotFound when there is none.
func (c *Conn) StatsSnapshot(ctx context.Context) ([]byte, error) {
	v, err := c.Bucket(BucketStats).Get(ctx, statsKey)
	return v.Data, err
}

// PutStatsSnapshot stores what was counted, in place of what was stored before.
func (c *Conn) PutStatsSnapshot(ctx context.Context, data []byte) error {
	if len(data) > MaxPayload-megabyte {
		return fmt.Errorf("what was counted takes %d bytes, a message holds %d: it is counted anew after each start", len(data), MaxPayload-megabyte)
	}
	_, err := c.Bucket(BucketStats).Put(ctx, statsKey, data, 0)
	return err
}

// DropStatsSnapshot removes it: all is counted anew after the next start.
func (c *Conn) DropStatsSnapshot(ctx context.Context) error {
	return c.Bucket(BucketStats).Delete(ctx, statsKey)
}
