package schemas

import (
	"bytes"
	"encoding/json"
	"slices"
)

// MaxPluginEstimations is the maximum size in bytes of the estimations of a plugin for one frame.
const MaxPluginEstimations = 4096

// IsPlugin reports whether a worker is not one of those that come with the project.
func IsPlugin(worker string) bool {
	return !slices.Contains([]string{
		WorkerDetector, WorkerLiveness, WorkerMatcher, WorkerActiveLiveness, WorkerVirtualCamera, WorkerImageModification,
		WorkerLightChallenge,
	}, worker)
}

// PluginEstimations returns the JSON object that a plugin measured, in compact form. It returns nil when there is no object,
// or one larger than MaxPluginEstimations.
func PluginEstimations(v *Verdict) []byte {
	object := v.GetEstimations().GetPlugins()[v.GetWorker()]
	if len(object) > MaxPluginEstimations || !bytes.HasPrefix(bytes.TrimSpace(object), []byte("{")) {
		return nil
	}
	var out bytes.Buffer
	if json.Compact(&out, object) != nil {
		return nil
	}
	return out.Bytes()
}
