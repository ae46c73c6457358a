package rerun

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/detector"
)

// look is how often the registry is looked at while workers start.
const look = 50 * time.Millisecond

// asked says whether a worker's verdicts are to be new ones.
func (r *Run) asked(worker string) bool {
	return len(r.options.Workers) == 0 || slices.Contains(r.options.Workers, worker)
}

// awaitWorkers waits until every worker that is needed for sessions of these settings is there: the detector, and the judges
// that are asked by name or whose verdicts decisions wait for. It returns those that are left out, since nobody runs them.
func (r *Run) awaitWorkers(ctx context.Context, settings *schemas.Settings) (absent []string, err error) {
	patience, cancel := context.WithTimeout(ctx, r.options.Patience)
	defer cancel()
	select {
	case <-r.registry.Current():
	case <-patience.Done():
	}
	for {
		missing := []string{}
		absent = nil
		running := r.registry.All()
		for _, name := range append([]string{schemas.WorkerDetector}, detector.Judges(settings)...) {
			_, there := running[name]
			switch {
			case there || name != schemas.WorkerDetector && !r.asked(name):
			case name == schemas.WorkerDetector, len(r.options.Workers) > 0, isRequired(settings, name), r.options.Alone && !schemas.IsPlugin(name):
				missing = append(missing, name)
			default:
				absent = append(absent, name)
			}
		}
		if len(missing) == 0 {
			return absent, nil
		}
		select {
		case <-patience.Done():
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, fmt.Errorf("not running: %s. %s", strings.Join(missing, ", "), r.howToStart(missing))
		case <-time.After(look):
		}
	}
}

func (r *Run) howToStart(missing []string) string {
	var own, plugins []string
	for _, name := range missing {
		if schemas.IsPlugin(name) {
			plugins = append(plugins, name)
		} else {
			own = append(own, name)
		}
	}
	var out []string
	if len(own) > 0 {
		out = append(out, fmt.Sprintf("Start `selene worker %s`", strings.Join(own, " ")))
	}
	if len(plugins) > 0 {
		hint := "Start the plugin " + strings.Join(plugins, ", ")
		if r.options.Alone {
			hint += " and the other workers on a broker, and name that with --nats"
		}
		out = append(out, hint)
	}
	return strings.Join(out, ". ")
}

// isRequired says whether decisions wait for a judge.
func isRequired(s *schemas.Settings, judge string) bool {
	return slices.ContainsFunc(s.Workers, func(w schemas.WorkerEntry) bool { return w.Name == judge && w.Required })
}
