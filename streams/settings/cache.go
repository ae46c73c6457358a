package settings

import (
	"sync"

	"github.com/selene-liveness/selene/schemas"
)

// cached is the number of revisions that stay in memory.
const cached = 64

// cache keeps the settings of revisions that were read or stored.
type cache struct {
	mu       sync.Mutex
	byNumber map[uint64]*schemas.Settings
}

func (c *cache) get(revision uint64) *schemas.Settings {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byNumber[revision]
}

func (c *cache) put(revision uint64, s *schemas.Settings) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byNumber == nil || len(c.byNumber) >= cached {
		c.byNumber = map[uint64]*schemas.Settings{}
	}
	c.byNumber[revision] = s
}
