package decider

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
)

// judgedBy decides frames until the session passes, with what the workers say of themselves.
func judgedBy(t *testing.T, document string, change func(map[string]*schemas.Verdict)) *schemas.Decision {
	t.Helper()
	s := parse(t, document)
	state := &schemas.SessionState{}
	for n := range uint64(10) {
		verdicts := shot{live: score(0.9)}.verdicts(s, proto.CloneOf(state), n+1)
		if v := verdicts[schemas.WorkerMatcher]; v != nil {
			v.State = []byte("m")
		}
		for name, v := range verdicts {
			if name == schemas.WorkerLiveness || name == schemas.WorkerMatcher {
				v.Pack, v.PackName = "abc", "zoo 1"
			}
		}
		if v := verdicts[schemas.WorkerLiveness]; v != nil && s.Thresholds.Liveness == 0 {
			v.Estimations.Liveness = nil
		}
		if v := verdicts[schemas.WorkerVirtualCamera]; v != nil {
			v.Estimations.VirtualCamera = &schemas.VirtualCamera{Score: 1}
		}
		if v := verdicts[schemas.WorkerImageModification]; v != nil {
			v.Estimations.ImageModification = score(0.8)
		}
		if change != nil {
			change(verdicts)
		}
		d := decide(s, verdicts)
		if d.GetOutcome() == schemas.Outcome_OUTCOME_PASSED {
			return d
		}
		if d.GetOutcome().Terminal() {
			t.Fatalf("ended with %s, codes %v", d.GetOutcome(), d.GetErrors())
		}
		state = d.GetState()
	}
	t.Fatal("it does not pass")
	return nil
}

func TestTokensSayWhatWasChecked(t *testing.T) {
	const passive, everythingOff = `"active_liveness":{"is_enabled":false}`, `"thresholds":{"liveness":0},"session":{"previous_face_similarity":0},` +
		`"virtual_camera_checker":{"is_enabled":false},"active_liveness":{"is_enabled":false}`
	suspect := func(v map[string]*schemas.Verdict) {
		v[schemas.WorkerVirtualCamera].Estimations.VirtualCamera.Score = 0.2
	}
	for name, c := range map[string]struct {
		document string
		change   func(map[string]*schemas.Verdict)
		want     []string // the checks that were made
	}{
		"passive alone": {`{` + passive + `}`, nil, []string{"liveness passed zoo 1 abc", "sameFace passed zoo 1 abc", "virtualCamera passed  "}},
		"a suspect camera that is only recorded": {
			`{` + passive + `,"virtual_camera_checker":{"policy":"log"}}`, suspect,
			[]string{"liveness passed zoo 1 abc", "sameFace passed zoo 1 abc", "virtualCamera failed  "},
		},
		"no picture left to look at": {
			`{` + passive + `}`, func(v map[string]*schemas.Verdict) { v[schemas.WorkerVirtualCamera].Estimations.VirtualCamera = nil },
			[]string{"liveness passed zoo 1 abc", "sameFace passed zoo 1 abc"},
		},
		"modified images": {
			`{` + passive + `,"thresholds":{"image_modification":0.5}}`, nil,
			[]string{"liveness passed zoo 1 abc", "sameFace passed zoo 1 abc", "virtualCamera passed  ", "imageModification passed  "},
		},
		"measured, but without a threshold": {
			`{` + passive + `}`, func(v map[string]*schemas.Verdict) { v[schemas.WorkerLiveness].Estimations.Deepfake = score(0.1) },
			[]string{"liveness passed zoo 1 abc", "sameFace passed zoo 1 abc", "virtualCamera passed  "},
		},
		"actions": {
			`{}`, nil, []string{"liveness passed zoo 1 abc", "activeLiveness passed  ", "sameFace passed zoo 1 abc", "virtualCamera passed  "},
		},
		"nothing": {`{` + everythingOff + `}`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := judgedBy(t, c.document, c.change)
			var got []string
			for _, check := range d.GetChecks() {
				if check.GetResult() != schemas.NotChecked {
					got = append(got, fmt.Sprintf("%s %s %s %s", check.GetName(), check.GetResult(), check.GetPack(), check.GetDigest()))
				} else if check.GetWorker() != "" || check.GetPack() != "" {
					t.Errorf("not checked, by %v", check)
				}
			}
			if len(d.GetChecks()) != 7 || !slices.Equal(got, c.want) {
				t.Errorf("checked %q, want %q", got, c.want)
			}
		})
	}
}

// A painting five times was a signed success with a liveness score of null, which could have been a fault as well.
func TestAPassWithoutLivenessSaysSo(t *testing.T) {
	d := judgedBy(t, `{"thresholds":{"liveness":0},"active_liveness":{"is_enabled":false}}`, nil)
	c := schemas.ClaimsOf(d, &schemas.TokenSettings{})
	if c.Estimations.Liveness != nil || c.Aggregated.Liveness != nil || c.Checks["liveness"].Result != "not_checked" ||
		c.Checks["activeLiveness"].Result != "not_checked" {
		t.Errorf("liveness %v, checks %v", c.Estimations.Liveness, c.Checks)
	}
}
