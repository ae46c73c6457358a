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

// Worker scores faces with the pack's roles for anti-spoofing and deepfakes. A threshold of 0 switches a score off, and its
// networks do not run. A score that the settings ask for and nothing can give fails the frame.
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

// PackName returns name and version of the model pack.
func (w *Worker) PackName() string { return w.models.Name() }

// Measures lists the roles that the pack has a network for.
func (w *Worker) Measures() []string {
	out := []string{}
	if len(w.models.LivenessCrops()) > 0 {
		out = append(out, schemas.MeasureLiveness)
	}
	if len(w.models.DeepfakeCrops()) > 0 {
		out = append(out, schemas.MeasureDeepfake)
	}
	return out
}

// Crops lists the crops of the pack's networks for both roles.
func (w *Worker) Crops() []schemas.CropSpec {
	return append(w.models.LivenessCrops(), w.models.DeepfakeCrops()...)
}

// Judge returns code 32 or 102 for a frame whose score is below the threshold, and 31 or 108 if a threshold is set but the pack
// has no network for the role, or it returned no number. If frames are aggregated, the decider uses the mean of the scores
// instead.
func (w *Worker) Judge(_ context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
	e, t := &schemas.Estimations{}, &s.Settings.Thresholds
	v := &schemas.Verdict{Estimations: e}
	var err error
	if t.Liveness > 0 {
		if e.Liveness, err = w.score(f, w.models.LivenessCrops(), w.models.Liveness, w.antispoof); err != nil {
			return nil, err
		}
	}
	if t.Deepfake > 0 {
		if e.Deepfake, err = w.score(f, w.models.DeepfakeCrops(), w.models.Deepfake, w.forged); err != nil {
			return nil, err
		}
	}
	v.Errors = check(e, t)
	return v, nil
}

// check returns the codes of the scores, and removes those that are not numbers.
func check(e *schemas.Estimations, t *schemas.Thresholds) (codes []int32) {
	for _, c := range []struct {
		score        **float64
		threshold    float64
		none, failed int32
	}{
		{&e.Liveness, t.Liveness, schemas.CodeLivenessNone, schemas.CodeLivenessFailed},
		{&e.Deepfake, t.Deepfake, schemas.CodeDeepfakeNone, schemas.CodeDeepfake},
	} {
		if *c.score != nil && notFinite(**c.score) {
			*c.score = nil
		}
		switch {
		case c.threshold <= 0:
		case *c.score == nil:
			codes = append(codes, c.none)
		case **c.score < c.threshold:
			codes = append(codes, c.failed)
		}
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
		return nil, streams.Blame(streams.Model, fmt.Errorf("score the face: %w", err))
	}
	return &score, nil
}
