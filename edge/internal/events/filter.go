package events

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/selene-liveness/selene/schemas"
)

// Filter selects events. Empty fields match every event; a field that is set does not match an event without that value.
type Filter struct {
	Kinds         []Kind   `json:"kinds,omitempty"`
	Outcomes      []string `json:"outcomes,omitempty"` // any of these; of schemas.OutcomeNames, or Fail
	Codes         []int32  `json:"codes,omitempty"`    // any of these
	Sessions      []string `json:"sessions,omitempty"` // any of these ids
	SimilarityMin *float64 `json:"similarity_min,omitempty"`
	SimilarityMax *float64 `json:"similarity_max,omitempty"`
	LivenessMin   *float64 `json:"liveness_min,omitempty"`
	LivenessMax   *float64 `json:"liveness_max,omitempty"`
}

// Fail selects every final outcome except success.
const Fail = "fail"

// maxListed bounds each list of a filter.
const maxListed = 100

// FilterError describes a wrong value in a filter.
type FilterError struct{ Field, Want string }

func (e *FilterError) Error() string { return e.Field + " is not " + e.Want }

// Check returns a *FilterError if the filter is invalid.
func (f *Filter) Check() error {
	outcomes := append(schemas.OutcomeNames(), Fail)
	switch {
	case slices.ContainsFunc(f.Kinds, func(k Kind) bool { return k.Stream() == "" }):
		return &FilterError{"kinds", "a list of decision, session, video"}
	case slices.ContainsFunc(f.Outcomes, func(o string) bool { return !slices.Contains(outcomes, o) }):
		return &FilterError{"outcomes", "a list of " + strings.Join(outcomes, ", ")}
	case slices.ContainsFunc(f.Codes, func(c int32) bool { return c < 1 }):
		return &FilterError{"codes", "a list of check codes"}
	case slices.ContainsFunc(f.Sessions, func(s string) bool { return len(s) != 36 }):
		return &FilterError{"sessions", "a list of session IDs"}
	case max(len(f.Kinds), len(f.Outcomes), len(f.Codes), len(f.Sessions)) > maxListed:
		return &FilterError{"a list", fmt.Sprintf("of at most %d", maxListed)}
	}
	for field, bounds := range map[string][2]*float64{
		"similarity": {f.SimilarityMin, f.SimilarityMax},
		"liveness":   {f.LivenessMin, f.LivenessMax},
	} {
		low, high := 0.0, 1.0
		if bounds[0] != nil {
			low = *bounds[0]
		}
		if bounds[1] != nil {
			high = *bounds[1]
		}
		if !(low >= 0 && high <= 1 && low <= high) {
			return &FilterError{field + "_min to " + field + "_max", "a range within 0 to 1"}
		}
	}
	return nil
}

// ParseFilter reads a filter from a query, in which lists are separated by commas. Errors are *FilterError.
func ParseFilter(v url.Values) (f Filter, err error) {
	list := func(name string) []string {
		if v.Get(name) == "" {
			return nil
		}
		return strings.Split(v.Get(name), ",")
	}
	for _, k := range list("kinds") {
		f.Kinds = append(f.Kinds, Kind(k))
	}
	f.Outcomes, f.Sessions = list("outcomes"), list("sessions")
	for _, c := range list("codes") {
		n, err := strconv.ParseInt(c, 10, 32)
		if err != nil {
			return f, &FilterError{"codes", "a list of check codes"}
		}
		f.Codes = append(f.Codes, int32(n))
	}
	for name, into := range map[string]**float64{
		"similarity_min": &f.SimilarityMin, "similarity_max": &f.SimilarityMax,
		"liveness_min": &f.LivenessMin, "liveness_max": &f.LivenessMax,
	} {
		if text := v.Get(name); text != "" {
			n, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return f, &FilterError{name, "a number from 0 to 1"}
			}
			*into = &n
		}
	}
	return f, f.Check()
}

// Wanted returns the kinds that the filter selects, in the order of Kinds.
func (f *Filter) Wanted() []Kind {
	return slices.DeleteFunc(Kinds(), func(k Kind) bool { return len(f.Kinds) > 0 && !slices.Contains(f.Kinds, k) })
}

// Wants reports whether an event matches.
func (f *Filter) Wants(e *Event) bool {
	switch {
	case len(f.Kinds) > 0 && !slices.Contains(f.Kinds, e.Kind),
		len(f.Sessions) > 0 && !slices.Contains(f.Sessions, e.Session),
		len(f.Outcomes) > 0 && !f.outcome(e.Outcome):
		return false
	}
	var codes []int32
	var similarity, liveness *float64
	if d := e.Decided; d != nil {
		codes, similarity, liveness = d.Codes, d.Similarity, d.Liveness
	}
	if len(f.Codes) > 0 && !slices.ContainsFunc(codes, func(c int32) bool { return slices.Contains(f.Codes, c) }) {
		return false
	}
	return within(similarity, f.SimilarityMin, f.SimilarityMax) && within(liveness, f.LivenessMin, f.LivenessMax)
}

func (f *Filter) outcome(outcome string) bool {
	over := outcome != "" && outcome != schemas.OutcomeOpen
	return outcome != "" && slices.Contains(f.Outcomes, outcome) ||
		slices.Contains(f.Outcomes, Fail) && over && outcome != schemas.OutcomeName(schemas.Outcome_OUTCOME_PASSED)
}

func within(v, low, high *float64) bool {
	if low == nil && high == nil {
		return true
	}
	return v != nil && (low == nil || *v >= *low) && (high == nil || *v <= *high)
}
