package liveness

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/vision/modelstore"
	"github.com/selene-liveness/selene/workers/workertest"
)

const passive = `{"thresholds":{"deepfake":0}}` // no pack of the project measures deepfakes

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
			v := judge(t, w, f, passive)
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
	if v := judge(t, w, f, `{"thresholds":{"liveness":0.2,"deepfake":0}}`); len(v.GetErrors()) != 0 {
		t.Errorf("codes %v at %v", v.GetErrors(), v.GetEstimations().GetLiveness())
	}
	if v := judge(t, w, f, `{"thresholds":{"liveness":1,"deepfake":0}}`); !slices.Equal(v.GetErrors(), []int32{schemas.CodeLivenessFailed}) {
		t.Errorf("codes %v at %v", v.GetErrors(), v.GetEstimations().GetLiveness())
	}
}

// A painting passed with a pack that measures nothing: what settings ask for and nothing measures fails the frame.
func TestPackWithoutTheRole(t *testing.T) {
	m := workertest.Models(t, "base")
	without, err := vision.Open(vision.Config{Library: modelstore.LibraryPath(modelstore.Dir()), Pack: filepath.Join(modelstore.Dir(), "base")}, vision.RoleDetector)
	if err != nil {
		t.Fatal(err)
	}
	defer without.Close()
	w := New(without)
	if len(w.Crops()) != 0 {
		t.Errorf("wants crops %v", w.Crops())
	}
	for _, picture := range []string{"conditions/open_eyes_d9.jpg", "conditions/painting_s9.jpg", "conditions/nonface_dog.png"} {
		f := &schemas.Face{Version: schemas.Version}
		if found := workertest.Face(t, m, workertest.Picture(t, picture), w); found != nil {
			f = found
		}
		for document, want := range map[string][]int32{
			`{"thresholds":{"liveness":0.5,"deepfake":0}}`:     {schemas.CodeLivenessNone},
			`{"thresholds":{"liveness":0.01,"deepfake":0.01}}`: {schemas.CodeLivenessNone, schemas.CodeDeepfakeNone},
			`{"thresholds":{"liveness":0,"deepfake":0}}`:       nil,
		} {
			v := judge(t, w, f, document)
			if v.GetEstimations().Liveness != nil || v.GetEstimations().Deepfake != nil || !slices.Equal(v.GetErrors(), want) || v.GetFailure() != nil {
				t.Errorf("%s, %s: %v, want codes %v", picture, document, v, want)
			}
		}
	}
}

// With the threshold 0 no network runs: it would fail without its crops.
func TestThresholdZeroRunsNoNetwork(t *testing.T) {
	m := workertest.Models(t, "zoo")
	w := New(m)
	f := workertest.Face(t, m, workertest.Picture(t, "conditions/open_eyes_d9.jpg"), w)
	f.Crops = nil
	if v := judge(t, w, f, `{"thresholds":{"liveness":0,"deepfake":0}}`); v.GetEstimations().Liveness != nil || len(v.GetErrors()) != 0 {
		t.Errorf("got %v", v)
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
