// Package liveness is the worker of passive presentation attack detection: does this single frame show a living face,
// and one that no machine made?
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

// Worker scores faces with the pack's roles for anti-spoofing and deepfakes. For a role that the pack does not fill it
// gives no score and fails nobody.
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

// Name is "liveness".
func (w *Worker) Name() string { return schemas.WorkerLiveness }

// Pack is the digest of the model pack.
func (w *Worker) Pack() string { return w.models.Digest() }

// Crops are those of the pack's networks for both roles.
func (w *Worker) Crops() []schemas.CropSpec {
	return append(w.models.LivenessCrops(), w.models.DeepfakeCrops()...)
}

// Judge gives code 32 or 102 to a frame whose score is under the threshold, and 31 where the network gave none. Where frames are aggregated the decider goes
// by the mean of the scores instead.
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

// check gives the codes of the scores. A network that answers with no number has not measured anything: 31.
func check(e *schemas.Estimations, t *schemas.Thresholds) (codes []int32) {
	if e.Liveness != nil && isNoNumber(*e.Liveness) {
		e.Liveness = nil
		codes = append(codes, schemas.CodeLivenessNone)
	}
	if e.Deepfake != nil && isNoNumber(*e.Deepfake) {
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

func isNoNumber(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }

// score runs the networks of one role on their crops; nil when the role has none.
func (w *Worker) score(f *schemas.Face, specs []schemas.CropSpec, infer func([][]byte) (float64, error), count prometheus.Counter) (*float64, error) {
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
		return nil, streams.Blame(streams.Model, fmt.Errorf("passive liveness: %w", err))
	}
	return &score, nil
}
