package schemas

import (
	"encoding/json"
	"strings"
	"testing"
)

// The token's estimations are the best shot's own; means stand apart.
func TestClaimsDescribeTheBestShot(t *testing.T) {
	mean, own := 0.7, 0.9
	c := ClaimsOf(&Decision{
		Estimations:     &Estimations{Liveness: &mean, FramePosition: &FramePosition{Face: &Rect{X: 35}}, Eyeglasses: "eyeglasses"},
		BestEstimations: &Estimations{Liveness: &own, FramePosition: &FramePosition{Face: &Rect{X: 1}}},
	}, &TokenSettings{})
	if c.Estimations.Liveness.Score != own || c.Estimations.FaceFramePosition.FaceRect.X != 1 {
		t.Errorf("estimations of another frame: %+v", c.Estimations)
	}
	if c.Aggregated.Liveness.Score != mean || c.Aggregated.Eyeglasses != "eyeglasses" {
		t.Errorf("aggregated %+v", c.Aggregated)
	}
}

// What nobody checked has no score, not an empty one: a relying party that looks for an object finds null.
func TestClaimsWithoutLiveness(t *testing.T) {
	d := &Decision{
		Estimations:     &Estimations{FramePosition: &FramePosition{Face: &Rect{X: 1}}, VirtualCamera: &VirtualCamera{Score: 0.2, Signals: []string{"frozen_picture"}}},
		BestEstimations: &Estimations{FramePosition: &FramePosition{Face: &Rect{X: 1}}},
		Checks: []*Check{
			{Name: CheckLiveness, Result: NotChecked},
			{Name: CheckActiveLiveness, Result: NotChecked},
			{Name: CheckSameFace, Result: CheckPassed, Worker: WorkerMatcher, Pack: "zoo 1", Digest: "abc"},
			{Name: CheckVirtualCamera, Result: CheckFailed, Worker: WorkerVirtualCamera},
		},
	}
	data, err := json.Marshal(ClaimsOf(d, &TokenSettings{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"estimations":{"ags":null,"faceFramePosition":{"faceRect":{"x":1,"y":0,"width":0,"height":0},"frameRect":{"x":0,"y":0,"width":0,"height":0},"margins":null},"deepfake":null,"liveness":null}`,
		`"aggregated":{"liveness":null,`,
		`"checks":{"activeLiveness":{"result":"not_checked"},"liveness":{"result":"not_checked"},"sameFace":{"result":"passed","pack":"zoo 1","digest":"abc"},` +
			`"virtualCamera":{"result":"failed","score":0.2,"signals":["frozen_picture"]}}`,
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("%s is not in %s", want, data)
		}
	}
	if strings.Contains(string(data), "bestshot") {
		t.Errorf("a best shot nobody added: %s", data)
	}
	if c := ClaimsOf(&Decision{}, &TokenSettings{}); c.Checks != nil {
		t.Errorf("a decision of an earlier version has checks %v", c.Checks)
	}
}

func TestClaimsOfTheSettings(t *testing.T) {
	d := &Decision{DecidedUnixNanos: 1_700_000_000_900_000_000, Chain: []byte{255, 254}, State: &SessionState{Nonce: "n"}}
	full := TokenSettings{Issuer: "https://faces.example", Audience: "bank", LifetimeSeconds: 60}
	if c := ClaimsOf(d, &full); c.Issuer != "https://faces.example" || c.Audience != "bank" || c.Expires != 1_700_000_060 || c.Nonce != "n" || c.Chain != "__4" {
		t.Errorf("got %+v", c)
	}
	defaults := DefaultSettings()
	if c := ClaimsOf(d, &defaults.Token); c.Expires != 1_700_000_600 || c.Issuer != "" || c.Audience != "" {
		t.Errorf("got %+v", c)
	}
}
