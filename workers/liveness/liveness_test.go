package liveness

import (
	"context"
	"slices"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/workertest"
)

func judge(t *testing.T, w *Worker, f *schemas.Face, document string) *schemas.Verdict {
	t.Helper()
	v, err := w.Judge(context.Background(), f, workers.State{Settings: workertest.Settings(t, document)})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// One frame says little; the mean of several, which the decider goes by, parts people from replays.
func TestPeopleAndReplays(t *testing.T) {
	m := workertest.Models(t, "zoo")
	w := New(m)
	for clip, alive := range map[string]bool{
		"real_lp_d_d0.mp4": true, "real_lp_d_d3.mp4": true, "real_lp_d_d9.mp4": true, "real_lp_d_d10.mp4": true, "real_lp_d_d18.mp4": true,
		"real_lp_s_s18.mp4": true, "spoof_zub_phone_replay.webm": false, "spoof_manik_phone_replay.mp4": false,
	} {
		sum, n := 0.0, 0
		for _, image := range workertest.Clip(t, clip, 1, 10) {
			f := workertest.Face(t, m, image, w)
			if f == nil {
				continue
			}
			v := judge(t, w, f, `{}`)
			if v.GetEstimations().Liveness == nil {
				t.Fatalf("%s: no score", clip)
			}
			score := v.GetEstimations().GetLiveness()
			if failed := slices.Equal(v.GetErrors(), []int32{schemas.CodeLivenessFailed}); failed != (score < 0.5) {
				t.Errorf("%s: codes %v at %.2f", clip, v.GetErrors(), score)
			}
			sum, n = sum+score, n+1
		}
		if mean := sum / float64(n); n < 3 || alive && mean < 0.8 || !alive && mean > 0.3 {
			t.Errorf("%s: mean %.2f over %d frames, alive %v", clip, mean, n, alive)
		}
	}
}

func TestThreshold(t *testing.T) {
	m := workertest.Models(t, "zoo")
	w := New(m)
	f := workertest.Face(t, m, workertest.Picture(t, "conditions/open_eyes_d9.jpg"), w)
	if v := judge(t, w, f, `{"thresholds":{"liveness":0.2}}`); len(v.GetErrors()) != 0 {
		t.Errorf("codes %v at %v", v.GetErrors(), v.GetEstimations().GetLiveness())
	}
	if v := judge(t, w, f, `{"thresholds":{"liveness":1}}`); !slices.Equal(v.GetErrors(), []int32{schemas.CodeLivenessFailed}) {
		t.Errorf("codes %v at %v", v.GetErrors(), v.GetEstimations().GetLiveness())
	}
}

// A pack without the role gives no verdict, and fails no session.
func TestPackWithoutTheRole(t *testing.T) {
	m := workertest.Models(t, "base")
	w := New(m)
	if len(w.Crops()) != 0 {
		t.Errorf("wants crops %v", w.Crops())
	}
	v := judge(t, w, workertest.Face(t, m, workertest.Picture(t, "conditions/open_eyes_d9.jpg"), w), `{}`)
	if v.GetEstimations().Liveness != nil || v.GetEstimations().Deepfake != nil || len(v.GetErrors()) != 0 || v.GetFailure() != nil {
		t.Errorf("says %v", v)
	}
}

func TestMissingCropIsAnInputFault(t *testing.T) {
	m := workertest.Models(t, "zoo")
	w := New(m)
	f := workertest.Face(t, m, workertest.Picture(t, "conditions/open_eyes_d9.jpg"), w)
	f.Crops = f.Crops[:1]
	_, err := w.Judge(context.Background(), f, workers.State{Settings: schemas.DefaultSettings()})
	if streams.FaultOf(err) != streams.Input {
		t.Errorf("got %v (%v), want the input's fault", err, streams.FaultOf(err))
	}
}
