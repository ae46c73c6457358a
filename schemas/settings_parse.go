package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// ParseSettings reads a settings document. What it leaves out, or sets to null, keeps its default; a key that does not
// exist, a value of the wrong type or out of range is a *DocumentError.
func ParseSettings(document []byte) (*Settings, error) {
	s, err := parseSettings(document)
	return s, in("settings", err)
}

func parseSettings(document []byte) (*Settings, error) {
	var keys any
	dec := json.NewDecoder(bytes.NewReader(document))
	if err := dec.Decode(&keys); err != nil {
		return nil, invalid("", "must be one JSON object: " + err.Error())
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("", "must be one JSON object, there is more after it")
	}
	if _, ok := keys.(map[string]any); !ok {
		return nil, invalid("", "must be one JSON object")
	}
	s := DefaultSettings()
	known, err := asTree(s)
	if err != nil {
		return nil, err
	}
	if err := unknownKey(keys, known, ""); err != nil {
		return nil, err
	}
	// Lists of the default must not shine through where the document has shorter ones.
	s.Workers, s.ActiveLiveness.InteractionList, s.Thresholds.Glasses, s.Thresholds.MouthStates = nil, nil, nil, nil
	if err := json.Unmarshal(document, s); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return nil, invalid(wrong.Field, fmt.Sprintf("must be %s, not %s", kindName(wrong.Type.Kind().String()), wrong.Value))
		}
		return nil, invalid("", err.Error())
	}
	d := DefaultSettings()
	if s.Workers == nil {
		s.Workers = d.Workers
	}
	for i := range s.Workers {
		if s.Workers[i].Timeout == 0 {
			s.Workers[i].Timeout = defaultWorkerTimeout
		}
	}
	// A session can only be rejected for its camera when the decision waits for the one who judges it.
	if c := s.VirtualCameraChecker; c.IsEnabled && c.Policy == "reject" {
		s.Workers = requireWorker(s.Workers, WorkerVirtualCamera)
	}
	if s.Thresholds.ImageModification > 0 {
		s.Workers = requireWorker(s.Workers, WorkerImageModification)
	}
	if s.ActiveLiveness.InteractionList == nil {
		s.ActiveLiveness.InteractionList = d.ActiveLiveness.InteractionList
	}
	if s.Thresholds.Glasses == nil {
		s.Thresholds.Glasses = d.Thresholds.Glasses
	}
	if s.Thresholds.MouthStates == nil {
		s.Thresholds.MouthStates = d.Thresholds.MouthStates
	}
	// A shorter list than the default count is fine as long as nobody asked for that count.
	if n := len(s.ActiveLiveness.InteractionList); !hasKey(keys, "active_liveness", "interaction_count") && s.ActiveLiveness.InteractionCount > n {
		s.ActiveLiveness.InteractionCount = n
	}
	if err := s.validate(); err != nil {
		return nil, err
	}
	s.Video.Bitrate = onLadder(s.Video.Bitrate)
	return s, nil
}

const defaultWorkerTimeout = 5 // seconds

// requireWorker makes the worker a required one.
func requireWorker(list []WorkerEntry, name string) []WorkerEntry {
	if i := slices.IndexFunc(list, func(w WorkerEntry) bool { return w.Name == name }); i >= 0 {
		list[i].Required = true
		return list
	}
	return append(list, WorkerEntry{Name: name, Required: true, Timeout: defaultWorkerTimeout})
}

// Validate checks every value and returns a *DocumentError for the first that is not allowed.
func (s *Settings) Validate() error { return in("settings", s.validate()) }

func (s *Settings) validate() error {
	if err := checkRules(reflect.ValueOf(*s), "", ""); err != nil {
		return err
	}
	a := &s.ActiveLiveness
	checks := []error{
		within("active_liveness.interaction_count", a.InteractionCount, 1, max(1, len(a.InteractionList))),
		within("active_liveness.yaw_threshold_deg", a.YawThresholdDeg, a.YawStartDeg, 90),
		within("active_liveness.pitch_threshold_deg", a.PitchThresholdDeg, a.PitchStartDeg, 90),
		localPath("file_logger.path", s.FileLogger.Path),
	}
	checks = append(checks, s.Video.checks()...)
	checks = append(checks, s.VideoRedis.checks()...)
	seen := map[string]bool{}
	for i, w := range s.Workers {
		path := fmt.Sprintf("workers.%d", i)
		if w.Name == WorkerDetector || seen[w.Name] {
			checks = append(checks, invalid(path + ".name", rules["workers.*.name"].want))
		}
		seen[w.Name] = true
		if !w.Required && slices.Contains([]string{WorkerLiveness, WorkerMatcher, WorkerActiveLiveness}, w.Name) {
			checks = append(checks, invalid(path + ".required", "must be true: a session could pass while " + w.Name + " is silent; to do without it leave it out of the list"))
		}
	}
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}

func within[T int | float64](path string, v, low, high T) error {
	if v >= low && v <= high {
		return nil
	}
	return invalid(path, fmt.Sprintf("must be from %v to %v, not %v", low, high, v))
}

func localPath(path, v string) error {
	if filepath.IsLocal(v) {
		return nil
	}
	return invalid(path, fmt.Sprintf("must be a relative path without .., which begins in the folder the file logger was given, not %q", v))
}

func asTree(v any) (any, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		return nil, fmt.Errorf("read settings back: %w", err)
	}
	return tree, nil
}

// unknownKey compares the document with one that has every key and returns an error for the first it does not know.
func unknownKey(doc, known any, path string) error {
	join := func(key string) string { return strings.TrimPrefix(path+"."+key, ".") }
	switch doc := doc.(type) {
	case map[string]any:
		k, ok := known.(map[string]any)
		if !ok {
			return nil // a wrong type, which decoding reports
		}
		for _, key := range slices.Sorted(maps.Keys(doc)) {
			sub, ok := k[key]
			if !ok {
				return invalid(join(key), "there is no such setting; known here: " + strings.Join(slices.Sorted(maps.Keys(k)), ", "))
			}
			if err := unknownKey(doc[key], sub, join(key)); err != nil {
				return err
			}
		}
	case []any:
		if k, ok := known.([]any); ok && len(k) > 0 {
			for i, v := range doc {
				if err := unknownKey(v, k[0], join(fmt.Sprint(i))); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func hasKey(tree any, path ...string) bool {
	for _, key := range path {
		m, ok := tree.(map[string]any)
		if !ok {
			return false
		}
		if tree, ok = m[key]; !ok || tree == nil {
			return false
		}
	}
	return true
}

func kindName(kind string) string {
	switch kind {
	case "int":
		return "a whole number"
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	case "slice":
		return "a list"
	case "struct":
		return "an object"
	}
	return "a " + kind
}
