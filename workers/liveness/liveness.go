// Package liveness is the worker of passive presentation attack detection: does this single frame show a living face?
package liveness

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/vision"
)

// Worker scores faces with the pack's anti-spoofing role. With a pack that has none it gives no score and fails nobody.
type Worker struct {
	models     *vision.Models
	inferences prometheus.Counter
}

// New returns the worker on models, which must have been opened with the anti-spoofing role.
func New(models *vision.Models) *Worker {
	return &Worker{models, workers.Inferences(schemas.WorkerLiveness, string(vision.RoleAntispoof))}
}

// Name is "liveness".
func (w *Worker) Name() string { return schemas.WorkerLiveness }

// Pack is the digest of the model pack.
func (w *Worker) Pack() string { return w.models.Digest() }

// Crops are those of the pack's anti-spoofing networks.
func (w *Worker) Crops() []streams.Crop {
	var out []streams.Crop
	for _, spec := range w.models.LivenessCrops() {
		out = append(out, streams.Crop{Name: spec.Name, Kind: spec.Kind, Scale: spec.Scale, Width: spec.Width, Height: spec.Height, Color: spec.Color})
	}
	return out
}

// Judge gives code 32 to a frame whose score is under the threshold. Where frames are aggregated the decider goes by the
// mean of the scores instead.
func (w *Worker) Judge(_ context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
	v := &schemas.Verdict{Estimations: &schemas.Estimations{}}
	crops := w.Crops()
	if len(crops) == 0 {
		return v, nil
	}
	pixels := make([][]byte, len(crops))
	for i, c := range crops {
		var err error
		if pixels[i], err = workers.CropOf(f, w.Name(), c); err != nil {
			return nil, err
		}
	}
	w.inferences.Inc()
	score, err := w.models.Liveness(pixels)
	if errors.Is(err, vision.ErrCrop) {
		return nil, streams.Blame(streams.Input, err)
	}
	if err != nil {
		return nil, streams.Blame(streams.Model, fmt.Errorf("anti-spoofing: %w", err))
	}
	v.Estimations.Liveness = &score
	if score < s.Settings.Thresholds.Liveness {
		v.Errors = append(v.Errors, schemas.CodeLivenessFailed)
	}
	return v, nil
}
