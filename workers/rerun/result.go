package rerun

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/selene-liveness/selene/schemas"
)

// Result says what changed in one session.
type Result struct {
	Session  string         `json:"session"`
	Before   string         `json:"before"` // outcome
	After    string         `json:"after"`
	Unfit    string         `json:"unfit,omitempty"`   // why it could not be judged again; then nothing below says anything
	Notes    []string       `json:"notes,omitempty"`   // what was left out
	Frames   int            `json:"frames"`            // judged again
	Missing  int            `json:"missing,omitempty"` // decided frames whose image is no longer stored
	Late     int            `json:"late,omitempty"`    // frames that failed since a verdict came too late, and count for nothing again
	Beyond   int            `json:"beyond,omitempty"`  // decided frames after the end that the session has now
	Verdicts int            `json:"verdicts"`          // compared
	Codes    []FrameChange  `json:"codes,omitempty"`
	Fields   []FieldChange  `json:"fields,omitempty"`
	Shifts   []Shift        `json:"-"`
	Pictures []Picture      `json:"-"`                     // of the frames whose codes changed
	New      map[string]int `json:"new_workers,omitempty"` // verdicts of workers that the recording has none of
}

// FrameChange is a frame whose codes or outcome are not what they were.
type FrameChange struct {
	Frame  uint64  `json:"frame"`
	Before []int32 `json:"before"`
	After  []int32 `json:"after"`
}

// FieldChange is a verdict that is not, byte for byte, what it was.
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

// mostPictures are kept of one session.
const mostPictures = 6

// Flipped says whether the session ended otherwise.
func (r *Result) Flipped() bool { return r.Before != r.After }

// nobodyRuns is the note on a worker whose verdicts decisions can do without.
const nobodyRuns = "worker %s was not asked: nobody runs it"

// note says once what was left out.
func (r *Result) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(r.Notes, text) {
		r.Notes = append(r.Notes, text)
	}
}

// Identical says whether every verdict is what it was, byte for byte.
func (r *Result) Identical() bool {
	return r.Unfit == "" && !r.Flipped() && len(r.Codes) == 0 && len(r.Fields) == 0 && len(r.New) == 0
}

// add takes one frame into account.
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

// scores are all that was measured as a number: scores from 0 to 1, and angles in degrees.
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
