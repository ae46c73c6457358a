package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// line lets as many frames be judged at the same time as the workers can, and chooses which is next. The queue of the broker has no
// order but that of arrival, so a frame there is behind one of each client that sends without pause. Methods may be called by any
// goroutine.
type line struct {
	width func() int // frames judged at the same time; 0 = any number

	mu      sync.Mutex
	working int
	waiting []*turn // in order of arrival
}

// turn is a frame that waits.
type turn struct {
	rank  rank
	since time.Time
	ready chan struct{} // closed when the frame may be judged
}

// join waits for the turn of a client's frame. leave must be called once the frame was judged. The error is that of ctx.
func (l *line) join(ctx context.Context, u *usage) (leave func(), err error) {
	t := &turn{u.rank(), time.Now(), make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, t)
	l.admit()
	l.mu.Unlock()
	select {
	case <-t.ready:
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		if i := slices.Index(l.waiting, t); i >= 0 {
			l.waiting = slices.Delete(l.waiting, i, i+1)
		} else {
			l.working-- // the turn came at the same moment
			l.admit()
		}
		return nil, ctx.Err()
	}
	u.change(0, 0, 1)
	return func() {
		u.change(0, 0, -1)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.working--
		l.admit()
	}, nil
}

// admit gives free places to those whose turn it is.
func (l *line) admit() {
	width := l.width()
	for len(l.waiting) > 0 && (width == 0 || l.working < width) {
		next := 0
		for i, t := range l.waiting {
			if t.rank.before(l.waiting[next].rank) {
				next = i
			}
		}
		close(l.waiting[next].ready)
		l.waiting = slices.Delete(l.waiting, next, next+1)
		l.working++
	}
}

// look lets frames in if the width has grown, and returns for how long the first of those that wait has waited.
func (l *line) look() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.admit()
	if len(l.waiting) == 0 {
		return 0
	}
	return time.Since(l.waiting[0].since)
}

// width returns how many frames of this edge the workers can judge at the same time: each detector has one and finds the next one
// ready, and what they have passed on is with the judges. Edges share all but the first. It returns 0 if a worker does not say.
func (g *Gateway) width() int {
	if g.config.Workers == nil {
		return 0
	}
	slots := map[string]int{}
	for _, r := range g.config.Workers() {
		if r.Slots == 0 && r.Name == schemas.WorkerDetector {
			return 0
		}
		slots[r.Name] += r.Slots
	}
	detectors, judges := slots[schemas.WorkerDetector], 0
	for name, n := range slots {
		if name != schemas.WorkerDetector {
			judges = max(judges, n)
		}
	}
	if detectors == 0 { // none runs, or the first has not been seen yet
		return 0
	}
	edges := max(1, int(g.edges.Load()))
	return detectors + (detectors+judges+edges-1)/edges
}

// Backlog returns an error while new sessions are refused because frames have waited too long.
func (g *Gateway) Backlog() error {
	waited, bound := g.line.look(), g.config.MaxBacklog
	late := waited > bound
	if g.late.Swap(late) != late && late {
		slog.Warn("new sessions are refused, since frames wait too long: run more detectors and judges", "waited", waited)
	}
	if late {
		return fmt.Errorf("%w: a frame has waited for %v, and new sessions are refused beyond %v: run more workers",
			errBacklog, waited.Round(time.Second), bound)
	}
	return nil
}
