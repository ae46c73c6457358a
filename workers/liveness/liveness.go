// Package liveness is the worker for passive presentation attack detection (PAD): it scores whether a single frame shows a live
// face, and a real one rather than a deepfake.
package liveness

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/vision"
)

// Worker scores faces with the pack's roles for anti-spoofing and deepfakes. A role that the pack does not fill has no score
// and fails no frame.
type Worker struct {
	models            *vision.Models
	antispoof, forged prometheus.Counter
}

// New returns the worker on models, which must have been opened with the roles for anti-spoofing and deepfakes.
func New(models *vision.Models) *Worker {
	return &Worker{
		models, workers.Inferences(schemas.WorkerLiveness, string(vision.RoleAntispoof)),
		workers.Inferences(schemas.WorkerLiveness, string(vision.RoleDeepfake)),
	}
}

// Name returns "liveness".
func (w *Worker) Name() string { return schemas.WorkerLiveness }

// Pack returns the digest of the model pack.
func (w *Worker) Pack() string { return w.models.Digest() }

// Crops lists the crops of the pack's networks for both roles.
func (w *Worker) Crops() []schemas.CropSpec {
	return append(w.models.LivenessCrops(), w.models.DeepfakeCrops()...)
}

// Judge returns code 32 or 102 for a frame whose score is below the threshold, and 31 if the network returned no number. If
// frames are aggregated, the decider uses the mean of the scores instead.
func (w *Worker) Judge(_ context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
	e, t := &schemas.Estimations{}, &s.Settings.Thresholds
	v := &schemas.Verdict{Estimations: e}
	var err error
	if e.Liveness, err = w.score(f, w.models.LivenessCrops(), w.models.Liveness, w.antispoof); err != nil {
		return nil, err
	}
	if e.Deepfake, err = w.score(f, w.models.DeepfakeCrops(), w.models.Deepfake, w.forged); err != nil {
		return nil, err
	}
	v.Errors = check(e, t)
	return v, nil
}

// check returns the codes of the scores. An output that is NaN or infinite is not a score: 31.
func check(e *schemas.Estimations, t *schemas.Thresholds) (codes []int32) {
	if e.Liveness != nil && notFinite(*e.Liveness) {
		e.Liveness = nil
		codes = append(codes, schemas.CodeLivenessNone)
	}
	if e.Deepfake != nil && notFinite(*e.Deepfake) {
		e.Deepfake = nil
	}
	if e.Liveness != nil && *e.Liveness < t.Liveness {
		codes = append(codes, schemas.CodeLivenessFailed)
	}
	if e.Deepfake != nil && *e.Deepfake < t.Deepfake {
		codes = append(codes, schemas.CodeDeepfake)
	}
	return codes
}

func notFinite(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }

// score runs the networks of one role on their crops. It returns nil if the role has none.
func (w *Worker) score(
	f *schemas.Face,
	specs []schemas.CropSpec,
	infer func([][]byte) (float64, error),
	count prometheus.Counter,
) (*float64, error) {
	if len(specs) == 0 {
		return nil, nil
	}
	pixels := make([][]byte, len(specs))
	for i, c := range specs {
		var err error
		if pixels[i], err = workers.CropOf(f, w.Name(), c); err != nil {
			return nil, err
		}
	}
	count.Inc()
	score, err := infer(pixels)
	if errors.Is(err, vision.ErrCrop) {
		return nil, streams.Blame(streams.Input, err)
	}
	if err != nil {
		return nil, streams.Blame(streams.Model, fmt.Errorf("score liveness: %w", err))
	}
	return &score, nil
}
