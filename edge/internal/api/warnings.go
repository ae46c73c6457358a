package api

import (
	"fmt"

	"github.com/selene-liveness/selene/schemas"
)

// warning names a setting that is allowed but does not do what it seems to.
type warning struct {
	Path    string `json:"path"`
	Message string `json:"message"`
	worker  string // that the setting asks, if any
}

// warnings lists what is wrong with settings that are allowed.
func (a *API) warnings(s *schemas.Settings) []warning {
	out := a.unmeasured(s)
	if !s.ChecksLiveness() {
		out = append(out, warning{Path: "thresholds.liveness", Message: schemas.LivenessUnchecked})
	}
	return out
}

// unmeasured lists the judgements that the settings ask for and that a running worker cannot make. A worker that is not running
// may be started with another model pack.
func (a *API) unmeasured(s *schemas.Settings) []warning {
	out := []warning{}
	for _, j := range s.Judgements() {
		for _, process := range a.Registry.Processes() {
			if !j.Cannot(process) {
				continue
			}
			message := fmt.Sprintf("no session can pass: worker %s cannot measure %s with its model pack %s: %s",
				j.Worker, j.Measure, process.PackName, j.Remedy())
			out = append(out, warning{j.Path, message, j.Worker})
			break
		}
	}
	return out
}
