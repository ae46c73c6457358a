package decider

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// joins holds the frames whose verdicts are incomplete. It is bounded: the oldest are dropped, and the edge publishes their
// frames again. It is safe for concurrent use.
type joins struct {
	mu     sync.Mutex
	open   map[string]*join
	closed map[string]time.Time // decided recently: late verdicts on them are dropped
}

type join struct {
	since    time.Time
	expected time.Time // when the detector's verdict arrived, from which the judges' timeouts run
	verdicts map[string]*schemas.Verdict
	settings *schemas.Settings // nil before the detector's verdict
	required []schemas.WorkerEntry
}

const (
	maxJoins = 4096
	// joinAge limits how long a join may wait for the detector's verdict, and how long a decided one is remembered.
	joinAge = 30 * time.Second
)

func newJoins() *joins { return &joins{open: map[string]*join{}, closed: map[string]time.Time{}} }

// add adds a verdict, and returns the join of its frame if it is complete now.
func (j *joins) add(v *schemas.Verdict, settings *schemas.Settings, now time.Time) *join {
	j.mu.Lock()
	defer j.mu.Unlock()
	key := v.GetName().Key()
	if _, late := j.closed[key]; late {
		return nil
	}
	o := j.open[key]
	if o == nil {
		j.makeRoom()
		o = &join{since: now, verdicts: map[string]*schemas.Verdict{}}
		j.open[key] = o
	}
	if o.verdicts[v.GetWorker()] == nil { // a repeated verdict is the same verdict
		o.verdicts[v.GetWorker()] = v
	}
	if v.GetWorker() == schemas.WorkerDetector && o.settings == nil {
		o.settings = settings
		o.expect(v, now)
	}
	if o.settings == nil || len(o.missing()) > 0 && !o.failed() {
		return nil
	}
	j.close(key, now)
	return o
}

// expire closes and returns the joins whose judges are overdue, and drops those without a detector's verdict.
func (j *joins) expire(now time.Time) []*join {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []*join
	for key, o := range j.open {
		switch {
		case o.settings != nil && o.overdue(now):
			out = append(out, o)
			j.close(key, now)
		case o.settings == nil && now.Sub(o.since) > joinAge:
			delete(j.open, key)
		}
	}
	for key, at := range j.closed {
		if now.Sub(at) > joinAge {
			delete(j.closed, key)
		}
	}
	return out
}

func (j *joins) close(key string, now time.Time) {
	delete(j.open, key)
	j.closed[key] = now
}

func (j *joins) makeRoom() {
	if len(j.open) < maxJoins {
		return
	}
	var oldest string
	for key, o := range j.open {
		if oldest == "" || o.since.Before(j.open[oldest].since) {
			oldest = key
		}
	}
	delete(j.open, oldest)
}

// expect derives from the detector's verdict which judges the decision waits for.
func (o *join) expect(detector *schemas.Verdict, now time.Time) {
	judges := detector.GetDetection().GetJudges()
	for _, w := range o.settings.Workers {
		if w.Required && slices.Contains(judges, w.Name) {
			o.required = append(o.required, w)
		}
	}
	o.expected = now
}

// overdue reports whether a required judge has exceeded its timeout.
func (o *join) overdue(now time.Time) bool {
	return slices.ContainsFunc(o.required, func(w schemas.WorkerEntry) bool {
		return o.verdicts[w.Name] == nil && now.Sub(o.expected).Seconds() > w.Timeout
	})
}

func (o *join) missing() []string {
	var out []string
	for _, w := range o.required {
		if o.verdicts[w.Name] == nil {
			out = append(out, w.Name)
		}
	}
	return out
}

func (o *join) failed() bool {
	return slices.ContainsFunc(o.required, func(w schemas.WorkerEntry) bool { return o.verdicts[w.Name].GetFailure() != nil })
}

// decide returns the decision on the verdicts that have arrived; it is a failure if a required judge is missing.
func (o *join) decide() *schemas.Decision {
	if missing := o.missing(); len(missing) > 0 && !o.failed() {
		detector := o.verdicts[schemas.WorkerDetector]
		if detector.GetFailure() == nil {
			detector.Failure = &schemas.Failure{Code: schemas.SystemInternal, Detail: fmt.Sprintf("no verdict in time from %v", missing)}
		}
	}
	return decide(o.settings, o.verdicts)
}
