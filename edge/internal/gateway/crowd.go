package gateway

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// crowd counts what the clients of each address do, so that one of them cannot take the place of all others. Methods may be called
// by any goroutine.
type crowd struct {
	sockets int        // that one address may have open
	frames  int64      // of one address that are judged at the same time; more wait for their turn
	bytes   rate.Limit // of images that one address may send in a second; more wait

	mu  sync.Mutex
	all map[string]*neighbour
}

// neighbour is one address.
type neighbour struct {
	sockets int
	frames  *semaphore.Weighted
	most    int64 // frames at the same time
	bytes   *rate.Limiter
}

// enter registers a socket of an address, and reports false if it has too many. What it returns is nil for an unknown address, which
// is not limited.
func (c *crowd) enter(address string) (*neighbour, bool) {
	if address == "" {
		return nil, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.all[address]
	if n == nil {
		n = &neighbour{frames: semaphore.NewWeighted(c.frames), most: c.frames, bytes: rate.NewLimiter(c.bytes, 2*int(c.bytes))}
		c.all[address] = n
	}
	if n.sockets >= c.sockets {
		return nil, false
	}
	n.sockets++
	return n, true
}

// leave undoes enter.
func (c *crowd) leave(address string, n *neighbour) {
	if n == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if n.sockets--; n.sockets == 0 {
		delete(c.all, address)
	}
}

// The size of a frame of a camera, 1920 x 1080. A larger image counts as several frames: it takes a detector as long.
const (
	framePixels = 1 << 21
	frameBytes  = 1 << 20
)

// wait waits until an image of the address may be judged, in order of arrival. done must be called afterwards. The error is that
// of ctx.
func (n *neighbour) wait(ctx context.Context, size, pixels int) (done func(), err error) {
	if n == nil {
		return func() {}, nil
	}
	if err := n.bytes.WaitN(ctx, min(size, n.bytes.Burst())); err != nil {
		return nil, err
	}
	weight := min(int64(1+max((pixels-1)/framePixels, (size-1)/frameBytes)), n.most)
	if err := n.frames.Acquire(ctx, weight); err != nil {
		return nil, err
	}
	return func() { n.frames.Release(weight) }, nil
}
