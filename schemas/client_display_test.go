package schemas

import (
	"encoding/json"
	"testing"
)

func TestStatsTellTheColourToShow(t *testing.T) {
	d := &Decision{Estimations: &Estimations{LightChallenge: &LightChallenge{Display: "#00ff00", Measured: 3, Total: 10}}}
	for _, development := range []bool{false, true} {
		var got struct{ Display *ClientDisplay }
		data, err := json.Marshal(ClientStats(d, development))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &got); err != nil || got.Display == nil || *got.Display != (ClientDisplay{"#00ff00", 4, 10}) {
			t.Errorf("development %v: %s, %v", development, data, err)
		}
	}
	d.Estimations.LightChallenge.Display = ""
	if data, err := json.Marshal(ClientStats(d, false)); err != nil || string(data) != `{"isOk":false,"errors":[],"estimations":{}}` {
		t.Errorf("without a colour: %s, %v", data, err)
	}
}
