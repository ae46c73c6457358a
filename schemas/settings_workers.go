package schemas

import (
	"fmt"
	"regexp"
	"slices"
)

// WorkerEntry is a worker that judges the faces of sessions.
type WorkerEntry struct {
	Name     string  `json:"name"`
	Required bool    `json:"required"`
	Timeout  float64 `json:"timeout"`
}

// Names of the workers that come with the project.
const (
	WorkerDetector       = "detector"
	WorkerLiveness       = "liveness"
	WorkerMatcher        = "matcher"
	WorkerActiveLiveness = "active-liveness"
	WorkerVirtualCamera  = "virtual-camera"

	WorkerImageModification = "image-modification"
	WorkerLightChallenge    = "lightchallenge"
)

const defaultWorkerTimeout = 5 // seconds

var defaultWorkers = []WorkerEntry{
	{Name: WorkerLiveness, Required: true, Timeout: defaultWorkerTimeout},
	{Name: WorkerMatcher, Required: true, Timeout: defaultWorkerTimeout},
	{Name: WorkerActiveLiveness, Required: true, Timeout: defaultWorkerTimeout},
	{Name: WorkerVirtualCamera, Required: true, Timeout: defaultWorkerTimeout},
}

// Escaped so that the pattern attribute of HTML, which is stricter, takes it too.
var workerName = regexp.MustCompile(`^[a-z][a-z0-9\-]{0,62}$`)

const wantWorkerName = "must be the name of a worker (lower-case letters, digits, dashes), each once, and not detector"

func (w *WorkerEntry) fields() []field {
	return []field{
		{
			at: &w.Name, title: "Name", shape: workerName, want: wantWorkerName,
			about: "Lower-case letters, digits and dashes; each name once, and not detector.",
		},
		{at: &w.Required, title: "Required", about: "The decision waits for this worker."},
		{
			at: &w.Timeout, title: "Timeout", value: float64(defaultWorkerTimeout), low: 0.1, high: 60,
			about: "Maximum number of seconds that a decision waits for this worker.",
		},
	}
}

func workerChecks(list []WorkerEntry) (checks []error) {
	names := map[string]bool{}
	for i, w := range list {
		path := fmt.Sprintf("workers.%d", i)
		if w.Name == WorkerDetector || names[w.Name] {
			checks = append(checks, invalid(path+".name", wantWorkerName))
		}
		names[w.Name] = true
		if !w.Required && slices.Contains([]string{WorkerLiveness, WorkerMatcher, WorkerActiveLiveness}, w.Name) {
			checks = append(checks, invalid(path+".required",
				"must be true, because a session could pass without "+w.Name+"; to do without this worker, turn its checks off"))
		}
	}
	return checks
}

// needs reports whether a check that is on needs a worker. A worker without a setting of its own, such as a plugin, is always needed.
func (s *Settings) needs(worker string) bool {
	switch worker {
	case WorkerLiveness:
		return s.Thresholds.Liveness > 0 || s.Thresholds.Deepfake > 0
	case WorkerMatcher:
		return s.Session.PreviousFaceSimilarity > 0
	case WorkerActiveLiveness:
		return s.ActiveLiveness.IsEnabled
	case WorkerLightChallenge:
		return s.LightChallenge.IsEnabled
	case WorkerVirtualCamera:
		return s.VirtualCameraChecker.IsEnabled
	case WorkerImageModification:
		return s.Thresholds.ImageModification > 0
	}
	return true
}

// addWorkers adds those that the list lacks and a check needs: without its worker, a session could pass unchecked.
func (s *Settings) addWorkers() {
	for _, name := range []string{WorkerLiveness, WorkerMatcher, WorkerActiveLiveness} {
		missing := !slices.ContainsFunc(s.Workers, func(e WorkerEntry) bool { return e.Name == name })
		if missing && s.needs(name) {
			s.Workers = append(s.Workers, WorkerEntry{Name: name, Required: true, Timeout: defaultWorkerTimeout})
		}
	}
	// Decisions wait for these too: the token says what they found, and that may not depend on which verdict came first.
	for _, name := range []string{WorkerVirtualCamera, WorkerImageModification, WorkerLightChallenge} {
		if s.needs(name) {
			s.Workers = requireWorker(s.Workers, name)
		}
	}
}

// Judges lists the workers that judge the session's faces, in the order of the settings. One whose checks are all off is not
// among them.
func (s *Settings) Judges() (names []string) {
	for _, w := range s.Workers {
		if s.needs(w.Name) {
			names = append(names, w.Name)
		}
	}
	return names
}

// requireWorker returns the list with a worker that the decision waits for.
func requireWorker(list []WorkerEntry, name string) []WorkerEntry {
	if i := slices.IndexFunc(list, func(w WorkerEntry) bool { return w.Name == name }); i >= 0 {
		list[i].Required = true
		return list
	}
	return append(list, WorkerEntry{Name: name, Required: true, Timeout: defaultWorkerTimeout})
}
