package schemas

import (
	"encoding/json"
	"testing"
)

// The progress of the actions reaches clients in production too.
func TestStatsTellTheProgress(t *testing.T) {
	d := &Decision{Estimations: &Estimations{ActiveLiveness: &ActiveLiveness{
		Done: 1, Total: 3, Action: ActionBlink, State: "act", RemainingMs: 4200, FailedSteps: 1, Failure: "too_slow",
	}}}
	for _, development := range []bool{false, true} {
		data, err := json.Marshal(ClientStats(d, development))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			ActiveLiveness ClientActiveLiveness `json:"activeLiveness"`
		}
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		want := ClientActiveLiveness{Step: 2, Steps: 3, Action: ActionBlink, State: "act", RemainingMS: 4200, FailedSteps: 1, Failure: "too_slow"}
		if got.ActiveLiveness != want {
			t.Errorf("development %v: %+v, want %+v", development, got.ActiveLiveness, want)
		}
	}
	if data, _ := json.Marshal(ClientStats(&Decision{}, false)); string(data) != `{"isOk":false,"errors":[],"estimations":{}}` {
		t.Errorf("without actions: %s", data)
	}
}
