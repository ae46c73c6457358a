package rerun

import (
	"sync"

	"github.com/selene-liveness/selene/schemas"
)

// joins passes each verdict of a run to the goroutine that waits for its frame.
type joins struct {
	mu   sync.Mutex
	open map[string]chan *schemas.Verdict
}

// most is the number of verdicts kept for one frame, including repeated ones.
const most = 64

func newJoins() *joins { return &joins{open: map[string]chan *schemas.Verdict{}} }

func (j *joins) begin(name *schemas.FrameName) (verdicts <-chan *schemas.Verdict, stop func()) {
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
	default: // nothing waits for it any more, or a worker repeats itself endlessly
	}
}
