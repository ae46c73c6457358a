package decider

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/schemas"
)

func TestPluginReportsOnlyItsOwnEstimations(t *testing.T) {
	s := parse(t, withPlugin)
	verdicts := shot{live: score(0.9)}.verdicts(s, &schemas.SessionState{}, 1)
	verdicts[plugin].Estimations = &schemas.Estimations{
		Liveness: score(0.1),
		Plugins:  map[string][]byte{plugin: []byte(`{ "hat": true }`), "other": []byte(`{}`), schemas.WorkerLiveness: []byte(`{}`)},
	}
	d := decide(s, verdicts)
	if d.GetEstimations().GetLiveness() != 0.9 {
		t.Errorf("a plugin has changed the liveness score to %v", d.GetEstimations().GetLiveness())
	}
	stats, err := json.Marshal(schemas.FullEstimations(d.GetEstimations()))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(stats), `"plugins":{"hats":{"hat":true}}`) {
		t.Errorf("got %s", stats)
	}
}

func TestPluginEstimationsThatCannotBePassedOn(t *testing.T) {
	s := parse(t, withPlugin)
	for _, object := range []string{"", " ", "true", "[1]", `{"a":`, `{} {}`, `{"a":"` + strings.Repeat("x", schemas.MaxPluginEstimations) + `"}`} {
		verdicts := shot{live: score(0.9)}.verdicts(s, &schemas.SessionState{}, 1)
		verdicts[plugin].Estimations = &schemas.Estimations{Plugins: map[string][]byte{plugin: []byte(object)}}
		d := decide(s, verdicts)
		if len(d.GetEstimations().GetPlugins()) > 0 {
			t.Errorf("%.20q was passed on", object)
		}
		if _, err := json.Marshal(schemas.ClientStats(d, true)); err != nil {
			t.Errorf("%.20q: %v", object, err)
		}
	}
}

func TestVerdictOfAnUnlistedWorkerIsIgnored(t *testing.T) {
	s := parse(t, withPlugin)
	verdicts := shot{live: score(0.9)}.verdicts(s, &schemas.SessionState{}, 1)
	want := bytesOf(t, decide(s, verdicts))
	verdicts["stranger"] = &schemas.Verdict{
		Version: schemas.Version, Name: verdicts[plugin].GetName(), Worker: "stranger", Errors: []int32{1100}, State: []byte("mine"),
		Estimations: &schemas.Estimations{Plugins: map[string][]byte{"stranger": []byte(`{}`), plugin: []byte(`{}`)}},
		Pending:     true, MarksFake: true, Ends: schemas.Outcome_OUTCOME_FAKE, Failure: &schemas.Failure{Code: schemas.SystemInternal},
	}
	if got := bytesOf(t, decide(s, verdicts)); got != want {
		t.Errorf("decided\n%x\nwithout it\n%x", got, want)
	}
}
