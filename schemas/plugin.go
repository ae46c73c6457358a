package schemas

import (
	"bytes"
	"encoding/json"
	"slices"
)

// MaxPluginEstimations is the size in bytes of what a plugin may say of one frame.
const MaxPluginEstimations = 4096

// IsPlugin says whether a worker is none of those that come with the project.
func IsPlugin(worker string) bool {
	return !slices.Contains([]string{
		WorkerDetector, WorkerLiveness, WorkerMatcher, WorkerActiveLiveness, WorkerVirtualCamera, WorkerImageModification,
	}, worker)
}

// PluginEstimations is the JSON object that a plugin measured, compact, or nil when it gave none that can be passed on:
// one that is no object, or is larger than MaxPluginEstimations.
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
