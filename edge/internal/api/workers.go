package api

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/selene-liveness/selene/schemas"
)

// workerLine is one worker: its running processes, and the queue they share.
type workerLine struct {
	Name          string   `json:"name"`
	Version       string   `json:"version"`        // several, separated by commas, while they differ
	Pack          string   `json:"pack,omitempty"` // digest
	PackName      string   `json:"pack_name,omitempty"`
	Running       int      `json:"running"` // processes
	Pending       uint64   `json:"pending"`
	InFlight      int      `json:"in_flight"`
	Redelivered   int      `json:"redelivered"`
	RatePerSecond *float64 `json:"rate_per_second,omitempty"` // absent in the first answer
	Required      bool     `json:"required"`
	Problems      []string `json:"problems,omitempty"` // what the settings ask of it and it cannot do
}

// decider is the worker that every session needs beside the detector.
const decider = "decider"

// workers lists the workers that are running or named in the settings. Of a follower that does not register, it is only known
// whether a process fetches its messages.
func (a *API) workers(w http.ResponseWriter, r *http.Request) error {
	settings, err := a.settingsStore.Newest(r.Context(), a.Variant)
	if err != nil {
		return err
	}
	lines := map[string]*workerLine{}
	line := func(name string) *workerLine {
		if lines[name] == nil {
			lines[name] = &workerLine{Name: name}
		}
		return lines[name]
	}
	line(schemas.WorkerDetector).Required = true
	line(decider).Required = true
	judges := settings.Settings.Judges()
	for _, entry := range settings.Settings.Workers {
		line(entry.Name).Required = entry.Required && slices.Contains(judges, entry.Name)
	}
	for _, u := range a.unmeasured(settings.Settings) {
		line(u.worker).Problems = append(line(u.worker).Problems, u.Message)
	}
	versions, packs, names := map[string][]string{}, map[string][]string{}, map[string][]string{}
	for _, process := range a.Registry.Processes() {
		line(process.Name).Running++
		versions[process.Name] = append(versions[process.Name], process.Version)
		packs[process.Name] = append(packs[process.Name], process.Pack)
		names[process.Name] = append(names[process.Name], process.PackName)
	}
	lags, err := a.lag.Look(r.Context(), slices.Collect(maps.Keys(lines)))
	if err != nil {
		return err
	}
	for name, lag := range lags {
		_, registers := lines[name]
		l := line(name)
		l.Pending, l.InFlight, l.Redelivered, l.RatePerSecond = lag.Pending, lag.InFlight, lag.Redelivered, lag.Rate
		if !registers && lag.Pulled {
			l.Running = 1
		}
	}
	list := []workerLine{}
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		l := lines[name]
		l.Version, l.Pack, l.PackName = joined(versions[name]), joined(packs[name]), joined(names[name])
		list = append(list, *l)
	}
	return writeJSON(w, map[string][]workerLine{"workers": list})
}

// joined returns the distinct words of a list, separated by commas.
func joined(list []string) string {
	slices.Sort(list)
	return strings.Trim(strings.Join(slices.Compact(list), ", "), ", ")
}
