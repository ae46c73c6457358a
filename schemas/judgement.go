package schemas

import "slices"

// What workers can measure only with a network of the role in their model pack.
const (
	MeasureLandmarks  = "landmarks"
	MeasureLiveness   = "liveness"
	MeasureDeepfake   = "deepfake"
	MeasureSimilarity = "similarity"
)

// Judgement is a judgement that settings ask for and that depends on the model pack of a worker.
type Judgement struct {
	Path    string // of the setting that asks for it; empty = every session needs it
	Worker  string
	Measure string
	Off     string // the value at which the setting asks no longer
}

// Judgements lists the judgements that the settings ask for and that depend on a model pack.
func (s *Settings) Judgements() []Judgement {
	all := []Judgement{
		{"", WorkerDetector, MeasureLandmarks, ""},
		{"thresholds.liveness", WorkerLiveness, MeasureLiveness, "0"},
		{"thresholds.deepfake", WorkerLiveness, MeasureDeepfake, "0"},
		{"session.previous_face_similarity", WorkerMatcher, MeasureSimilarity, "0"},
	}
	asked := map[string]bool{
		MeasureLandmarks: true, MeasureLiveness: s.Thresholds.Liveness > 0, MeasureDeepfake: s.Thresholds.Deepfake > 0,
		MeasureSimilarity: s.Session.PreviousFaceSimilarity > 0,
	}
	return slices.DeleteFunc(all, func(j Judgement) bool { return !asked[j.Measure] })
}

// Remedy says what to do when nothing can measure it.
func (j Judgement) Remedy() string {
	if j.Path == "" {
		return "use another model pack"
	}
	return "use another model pack, or set " + j.Path + " to " + j.Off + " to do without"
}

// Cannot reports whether a worker says that it cannot take the measure.
func (j Judgement) Cannot(r Registration) bool {
	return r.Name == j.Worker && r.Measures != nil && !slices.Contains(r.Measures, j.Measure)
}

// LivenessUnchecked is what is to be said of settings that switch passive and active liveness off.
const LivenessUnchecked = "LIVENESS IS NOT CHECKED: passive and active liveness are both off, so a photo passes; tokens say so"

// ChecksLiveness reports whether anything asks if a person is alive.
func (s *Settings) ChecksLiveness() bool {
	return s.Thresholds.Liveness > 0 || s.ActiveLiveness.IsEnabled
}
