package decider

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// joins holds the frames whose verdicts are still coming in. It is bounded: the oldest go first, and edges ask again.
type joins struct {
	mu     sync.Mutex
	open   map[string]*join
	closed map[string]time.Time // decided a moment ago: late verdicts on them are dropped
}

type join struct {
	since    time.Time
	deadline time.Time // of the first required judge still missing; zero before the detector's verdict
	verdicts map[string]*schemas.Verdict
	settings *schemas.Settings
	required []string
}

const (
	mostJoins = 4096
	// joinAge is how long a join may wait for the detector's verdict, and how long a decided one is remembered.
	joinAge = 30 * time.Second
)

func newJoins() *joins { return &joins{open: map[string]*join{}, closed: map[string]time.Time{}} }

// add takes a verdict into account. It returns the frame's join when that made it complete.
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

// expire returns, and closes, the joins that have waited long enough.
func (j *joins) expire(now time.Time) []*join {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []*join
	for key, o := range j.open {
		switch {
		case o.settings != nil && now.After(o.deadline):
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
	if len(j.open) < mostJoins {
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

// expect works out from the detector's verdict which judges the decision waits for, and until when.
func (o *join) expect(detector *schemas.Verdict, now time.Time) {
	judges := detector.GetDetection().GetJudges()
	longest := 0.0
	for _, w := range o.settings.Workers {
		if w.Required && slices.Contains(judges, w.Name) {
			o.required = append(o.required, w.Name)
			longest = max(longest, w.Timeout)
		}
	}
	o.deadline = now.Add(time.Duration(longest * float64(time.Second)))
}

func (o *join) missing() []string {
	var out []string
	for _, name := range o.required {
		if o.verdicts[name] == nil {
			out = append(out, name)
		}
	}
	return out
}

func (o *join) failed() bool {
	return slices.ContainsFunc(o.required, func(name string) bool { return o.verdicts[name].GetFailure() != nil })
}

// decide is the decision on the join as it stands; a required judge that is missing makes it a failure.
func (o *join) decide() *schemas.Decision {
	if missing := o.missing(); len(missing) > 0 && !o.failed() {
		detector := o.verdicts[schemas.WorkerDetector]
		if detector.GetFailure() == nil {
			detector.Failure = &schemas.Failure{Code: schemas.SystemInternal, Detail: fmt.Sprintf("no verdict in time from %v", missing)}
		}
	}
	return decide(o.settings, o.verdicts)
}
