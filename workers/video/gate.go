package video

import (
	"context"
	"slices"
	"sync"
	"time"
)

// kind is what a video is made for. A session's own goes before those of exports.
type kind int

const (
	sessions kind = iota
	exports
	kinds
)

func (k kind) String() string { return [...]string{"session", "export"}[k] }

// gate bounds how many videos are encoded at the same time. It is safe for concurrent use.
type gate struct {
	mu      sync.Mutex
	free    int
	waiting [kinds][]chan struct{}
}

func newGate(size int) *gate { return &gate{free: max(size, 1)} }

// enter waits for room. Whoever entered leaves once.
func (g *gate) enter(ctx context.Context, k kind) error {
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	g.waiting[k] = append(g.waiting[k], turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	i := slices.Index(g.waiting[k], turn)
	if i >= 0 {
		g.waiting[k] = slices.Delete(g.waiting[k], i, i+1)
	}
	g.mu.Unlock()
	if i < 0 { // the turn came all the same
		g.leave()
	}
	return ctx.Err()
}

// leave gives the room to who has waited longest, sessions first.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for k := range g.waiting {
		if len(g.waiting[k]) > 0 {
			close(g.waiting[k][0])
			g.waiting[k] = g.waiting[k][1:]
			return
		}
	}
	g.free++
}

// giveWay is how long exports wait when there is room, so that the end of a session can be fetched first.
const giveWay = 250 * time.Millisecond

// room waits until somebody could enter, for streams.Work.
func (g *gate) room(k kind) func(context.Context) {
	return func(ctx context.Context) {
		for g.enter(ctx, k) == nil {
			g.leave()
			if k == sessions {
				return
			}
			select {
			case <-time.After(giveWay):
			case <-ctx.Done():
			}
			if g.hasRoom() {
				return
			}
		}
	}
}

func (g *gate) hasRoom() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.free > 0
}
