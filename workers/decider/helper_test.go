package decider

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

// shot holds the workers' verdicts on one frame. The zero shot has no objections and no scores.
type shot struct {
	detector []int32           // the detector's codes: there are no other verdicts then
	forgiven []int32           // failed checks that were waived
	live     *float64          // the liveness score
	eyes     string            // state of both eyes; open when empty
	actions  []int32           // the active-liveness codes
	pending  bool              // active liveness needs more frames
	waive    []int32           // what active liveness wants waived next
	stranger bool              // the matcher sees another person
	plugin   []int32           // codes of a worker that is not ours
	fails    map[string]int32  // workers that cannot judge, with the code they give
	silent   []string          // judges that say nothing
	state    map[string]string // what workers want back
}

const (
	sessionID = "6f1e8f5e-5c35-4a0b-9a5c-0d8a1b6f7c11"
	plugin    = "hats"
)

func score(x float64) *float64 { return &x }

func parse(t testing.TB, document string) *schemas.Settings {
	t.Helper()
	s, err := schemas.ParseSettings([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// verdicts returns the verdicts on the shot.
func (f shot) verdicts(s *schemas.Settings, state *schemas.SessionState, frame uint64) map[string]*schemas.Verdict {
	name := &schemas.FrameName{Session: sessionID, Sequence: state.GetSequence() + 1, Nonce: "n"}
	of := func(worker string) *schemas.Verdict {
		return &schemas.Verdict{Version: schemas.Version, Name: name, Worker: worker, Estimations: &schemas.Estimations{}}
	}
	detector := of(schemas.WorkerDetector)
	detector.Errors = f.detector
	eyes := f.eyes
	if eyes == "" {
		eyes = schemas.EyeOpen
	}
	detector.Estimations.Eyes = &schemas.Eyes{State: eyes}
	detector.Detection = &schemas.Detection{
		Frame: frame, State: state, WaivedErrors: f.forgiven, ReceivedUnixNanos: noon.UnixNano() + int64(name.GetSequence())*int64(time.Second),
	}
	out := map[string]*schemas.Verdict{schemas.WorkerDetector: detector}
	if len(f.detector) == 0 && f.fails[schemas.WorkerDetector] == 0 {
		detector.Detection.Judges = s.Judges()
		for _, name := range s.Judges() {
			if !slices.Contains(f.silent, name) {
				out[name] = of(name)
			}
		}
	}
	if v := out[schemas.WorkerLiveness]; v != nil && f.live != nil {
		v.Estimations.Liveness = f.live
		if *f.live < s.Thresholds.Liveness {
			v.Errors = []int32{schemas.CodeLivenessFailed}
		}
	}
	if v := out[schemas.WorkerMatcher]; v != nil && f.stranger {
		v.Errors, v.Ends = []int32{schemas.CodeDifferentFace}, schemas.Outcome_OUTCOME_DIFFERENT_FACE
	}
	if v := out[schemas.WorkerActiveLiveness]; v != nil {
		v.Errors, v.Pending, v.WaiveNext = f.actions, f.pending, f.waive
	}
	if v := out[plugin]; v != nil {
		v.Errors = f.plugin
	}
	for worker, code := range f.fails {
		out[worker].Failure = &schemas.Failure{Code: code, Detail: worker}
	}
	for worker, state := range f.state {
		out[worker].State = []byte(state)
	}
	return out
}

// session decides one shot after another, each with the state the one before left.
type session struct {
	settings *schemas.Settings
	state    *schemas.SessionState
	stored   uint64
}

func open(t testing.TB, document string) *session {
	t.Helper()
	return &session{settings: parse(t, document), state: &schemas.SessionState{Seed: []byte("seed"), SettingsRevision: 1}}
}

func (s *session) next(f shot) *schemas.Decision {
	s.stored++
	// What decide was given is not looked at again: it must not live on in the state.
	given := proto.CloneOf(s.state)
	d := decide(s.settings, f.verdicts(s.settings, given, 100+s.stored))
	s.state = proto.CloneOf(d.State)
	s.state.LastDecision = s.stored
	return d
}

func (s *session) play(shots ...shot) (last *schemas.Decision) {
	for _, f := range shots {
		last = s.next(f)
	}
	return last
}

// times repeats a shot.
func times(n int, f shot) []shot { return slices.Repeat([]shot{f}, n) }
