package rerun

import (
	"sync"

	"github.com/selene-liveness/selene/schemas"
)

// joins hands each verdict of a run to the one who waits for its frame.
type joins struct {
	mu   sync.Mutex
	open map[string]chan *schemas.Verdict
}

// most verdicts on one frame, repetitions included.
const most = 64

func newJoins() *joins { return &joins{open: map[string]chan *schemas.Verdict{}} }

func (j *joins) begin(name *schemas.FrameName) (verdicts <-chan *schemas.Verdict, end func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	key, ch := name.Key(), make(chan *schemas.Verdict, most)
	j.open[key] = ch
	return ch, func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		delete(j.open, key)
	}
}

func (j *joins) take(v *schemas.Verdict) {
	j.mu.Lock()
	defer j.mu.Unlock()
	select {
	case j.open[v.GetName().Key()] <- v:
	default: // nobody waits any more, or a worker repeats itself without end
	}
}
