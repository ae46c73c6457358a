package gateway

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// crowd counts what the clients of each address, or for each person, do, so that one of them cannot take the place of all others.
// Methods may be called by any goroutine.
type crowd struct {
	sockets int        // that one neighbour may have open
	frames  int64      // of one neighbour that are judged at the same time; more wait for their turn
	rate    rate.Limit // of frames that one neighbour may send in a second; more wait
	bytes   rate.Limit // of images that one neighbour may send in a second; more wait

	mu    sync.Mutex
	all   map[string]*neighbour
	swept time.Time
}

// neighbour is one address or person.
type neighbour struct {
	sockets int
	frames  *semaphore.Weighted
	most    int64 // frames at the same time
	rate    *rate.Limiter
	bytes   *rate.Limiter
	usage   *usage
}

// enter registers a socket, and reports false if its neighbour has too many. What it returns is nil for one without a name, which is
// not limited.
func (c *crowd) enter(name string) (*neighbour, bool) {
	if name == "" {
		return nil, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep()
	n := c.all[name]
	if n == nil {
		n = &neighbour{
			frames: semaphore.NewWeighted(c.frames), most: c.frames, usage: newUsage(time.Now),
			rate: rate.NewLimiter(c.rate, 2*max(1, int(c.rate))), bytes: rate.NewLimiter(c.bytes, 2*int(c.bytes)),
		}
		c.all[name] = n
	}
	if n.sockets >= c.sockets {
		return nil, false
	}
	n.sockets++
	return n, true
}

// leave undoes enter. Who has just had much work is remembered, and does not go before others by connecting again.
func (c *crowd) leave(n *neighbour) {
	if n == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n.sockets--
}

const (
	sweepPause  = time.Minute
	mostStrange = 100_000 // neighbours of whom nobody is here
)

// sweep forgets those of whom nobody is here and who would be nobody in particular, or all of them if they are too many.
func (c *crowd) sweep() {
	if len(c.all) <= mostStrange && time.Since(c.swept) < sweepPause {
		return
	}
	c.swept = time.Now()
	crowded := len(c.all) > mostStrange
	for name, n := range c.all {
		if n.sockets == 0 && (crowded || n.usage.forgettable()) {
			delete(c.all, name)
		}
	}
}

// The size of a frame of a camera, 1920 x 1080. A larger image counts as several frames: it takes a detector as long.
const (
	framePixels = 1 << 21
	frameBytes  = 1 << 20
)

// wait waits until an image of the neighbour may be judged, in order of arrival. done must be called afterwards. The error says that
// ctx is done, or would be before.
func (n *neighbour) wait(ctx context.Context, size, pixels int) (done func(), err error) {
	if n == nil {
		return func() {}, nil
	}
	if err := n.rate.Wait(ctx); err != nil {
		return nil, err
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
