package rerun

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// pollInterval is the time between checks of the registry while workers start.
const pollInterval = 50 * time.Millisecond

// asked reports whether a worker judges again.
func (r *Run) asked(worker string) bool {
	return len(r.options.Workers) == 0 || slices.Contains(r.options.Workers, worker)
}

// awaitWorkers waits until every worker that sessions with these settings need is running: the detector, and the judges that are
// named in the options or whose verdicts decisions wait for. It returns the other judges that are not running.
func (r *Run) awaitWorkers(ctx context.Context, settings *schemas.Settings) (absent []string, err error) {
	waiting, cancel := context.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	select {
	case <-r.registry.Current():
	case <-waiting.Done():
	}
	for {
		missing := []string{}
		absent = nil
		running := r.registry.All()
		for _, name := range append([]string{schemas.WorkerDetector}, settings.Judges()...) {
			_, there := running[name]
			switch {
			case there || name != schemas.WorkerDetector && !r.asked(name):
			case name == schemas.WorkerDetector,
				len(r.options.Workers) > 0,
				isRequired(settings, name),
				r.options.Alone && !schemas.IsPlugin(name):
				missing = append(missing, name)
			default:
				absent = append(absent, name)
			}
		}
		if len(missing) == 0 {
			return absent, nil
		}
		select {
		case <-waiting.Done():
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, fmt.Errorf("workers not running: %s. %s", strings.Join(missing, ", "), r.howToStart(missing))
		case <-time.After(pollInterval):
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
			hint += " and the other workers on a broker, and name the broker with --nats"
		}
		out = append(out, hint)
	}
	return strings.Join(out, ". ")
}

// isRequired reports whether decisions wait for a judge.
func isRequired(s *schemas.Settings, judge string) bool {
	return slices.ContainsFunc(s.Workers, func(w schemas.WorkerEntry) bool { return w.Name == judge && w.Required })
}
