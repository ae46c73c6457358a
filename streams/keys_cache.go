package streams

import (
	"sync"
	"time"

	"github.com/selene-liveness/selene/streams/seal"
)

// How many keys of sessions a process remembers, and for how long: one that was destroyed is forgotten within twice that time.
const (
	cachedKeys = 4096
	cachedFor  = 30 * time.Second
)

// keyCache remembers keys that were used lately, in two generations. The older one is dropped when the younger one is full or old.
// The zero value is empty. It is safe for concurrent use.
type keyCache struct {
	mu         sync.Mutex
	young, old map[string]*seal.Key
	turned     time.Time
}

func (c *keyCache) get(name string, now time.Time) *seal.Key {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(now)
	if key := c.young[name]; key != nil {
		return key
	}
	return c.old[name] // not moved to the young ones: it is to be read again from the broker
}

func (c *keyCache) put(name string, key *seal.Key, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(now)
	c.young[name] = key
}

func (c *keyCache) forget(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.young, name)
	delete(c.old, name)
}

// turn begins a new generation when it is time.
func (c *keyCache) turn(now time.Time) {
	if age := now.Sub(c.turned); c.young == nil || age > cachedFor || len(c.young) >= cachedKeys {
		if c.old = c.young; age > 2*cachedFor {
			c.old = nil
		}
		c.young, c.turned = map[string]*seal.Key{}, now
	}
}
