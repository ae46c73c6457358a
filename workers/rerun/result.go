package rerun

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/selene-liveness/selene/schemas"
)

// Result lists what changed in one session.
type Result struct {
	Session  string         `json:"session"`
	Before   string         `json:"before"` // outcome
	After    string         `json:"after"`
	Unfit    string         `json:"unfit,omitempty"`   // why it could not be judged again; then the fields below are empty
	Notes    []string       `json:"notes,omitempty"`   // what the comparison leaves out
	Frames   int            `json:"frames"`            // judged again
	Missing  int            `json:"missing,omitempty"` // decided frames whose image is no longer stored
	Late     int            `json:"late,omitempty"`    // frames that fail again because a verdict was late
	Beyond   int            `json:"beyond,omitempty"`  // recorded frames after the new end of the session
	Verdicts int            `json:"verdicts"`          // compared
	Codes    []FrameChange  `json:"codes,omitempty"`
	Fields   []FieldChange  `json:"fields,omitempty"`
	Shifts   []Shift        `json:"-"`
	Pictures []Picture      `json:"-"`                     // of the frames whose codes changed
	New      map[string]int `json:"new_workers,omitempty"` // new verdicts without a recorded one, by worker
}

// FrameChange is a frame whose codes or outcome changed.
type FrameChange struct {
	Frame  uint64  `json:"frame"`
	Before []int32 `json:"before"`
	After  []int32 `json:"after"`
}

// FieldChange is a verdict whose bytes changed.
type FieldChange struct {
	Frame  uint64       `json:"frame"`
	Worker string       `json:"worker"`
	Fields []Difference `json:"fields"`
}

// Shift is a score before and after.
type Shift struct {
	Score         string
	Before, After float64
}

// Picture is a frame for the report.
type Picture struct {
	Frame uint64
	Image []byte
}

// mostPictures is the number of pictures kept of one session.
const mostPictures = 6

// Flipped reports whether the session ended with another outcome.
func (r *Result) Flipped() bool { return r.Before != r.After }

// nobodyRuns is the note on an optional worker that is not running.
const nobodyRuns = "worker %s was not asked: it is not running"

// note adds a note, once.
func (r *Result) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(r.Notes, text) {
		r.Notes = append(r.Notes, text)
	}
}

// Identical reports whether every verdict equals the recorded one, byte for byte.
func (r *Result) Identical() bool {
	return r.Unfit == "" && !r.Flipped() && len(r.Codes) == 0 && len(r.Fields) == 0 && len(r.New) == 0
}

// add adds one frame to the result.
func (r *Result) add(step Step, after *schemas.Decision, verdicts map[string]*schemas.Verdict, image []byte) error {
	r.Frames++
	frame := step.Decision.GetName().GetSequence()
	for _, worker := range workersOf(verdicts) {
		before, now := step.Verdicts[worker], verdicts[worker]
		if before == nil && slices.Contains(step.Decision.GetWorkers(), worker) {
			r.note("verdicts of %s that are no longer stored were not compared", worker)
			continue
		}
		if before == nil {
			if r.New == nil {
				r.New = map[string]int{}
			}
			r.New[worker]++
			continue
		}
		r.Verdicts++
		fields, err := compare(before, now)
		if err != nil {
			return err
		}
		if len(fields) > 0 {
			r.Fields = append(r.Fields, FieldChange{frame, worker, fields})
		}
	}
	was, is := scores(step.Decision.GetEstimations()), scores(after.GetEstimations())
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if x, there := is[name]; there {
			r.Shifts = append(r.Shifts, Shift{name, was[name], x})
		}
	}
	if !slices.Equal(step.Decision.GetErrors(), after.GetErrors()) || step.Decision.GetOutcome() != after.GetOutcome() {
		r.Codes = append(r.Codes, FrameChange{frame, list(step.Decision.GetErrors()), list(after.GetErrors())})
		if len(r.Pictures) < mostPictures {
			r.Pictures = append(r.Pictures, Picture{frame, image})
		}
	}
	return nil
}

func list(codes []int32) []int32 {
	if codes == nil {
		return []int32{}
	}
	return codes
}

// scores returns everything that was measured as a number: scores from 0 to 1, and angles in degrees.
func scores(e *schemas.Estimations) map[string]float64 {
	out := map[string]float64{}
	if e != nil {
		collect("", e.ProtoReflect(), out)
	}
	return out
}

func collect(path string, m protoreflect.Message, out map[string]float64) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsList() || f.IsMap():
		case f.Kind() == protoreflect.DoubleKind:
			out[path+string(f.Name())] = v.Float()
		case f.Message() != nil:
			collect(path+string(f.Name())+".", v.Message(), out)
		}
		return true
	})
}
