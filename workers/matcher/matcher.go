// Package matcher is the worker that sees to it that a session shows one person from start to end.
package matcher

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/vision"
)

// A descriptor of a face turned further than this says little of the person; the last good one is kept instead.
const (
	comparableYaw   = 20 // degrees
	comparablePitch = 20
)

// Worker compares each face with the one before it. Its state is the last descriptor, as little-endian float32.
type Worker struct {
	models     *vision.Models
	inferences prometheus.Counter
}

// New returns the worker on models, which must have been opened with the descriptor role.
func New(models *vision.Models) *Worker {
	return &Worker{models, workers.Inferences(schemas.WorkerMatcher, string(vision.RoleDescriptor))}
}

// Name is "matcher".
func (w *Worker) Name() string { return schemas.WorkerMatcher }

// Pack is the digest of the model pack.
func (w *Worker) Pack() string { return w.models.Digest() }

// Crops is the one the descriptor network takes.
func (w *Worker) Crops() []streams.Crop {
	if !w.models.Has(vision.RoleDescriptor) {
		return nil
	}
	return []streams.Crop{w.crop()}
}

func (w *Worker) crop() streams.Crop {
	spec := w.models.DescriptorCrop()
	return streams.Crop{Name: spec.Name, Kind: spec.Kind, Scale: spec.Scale, Width: spec.Width, Height: spec.Height, Color: spec.Color}
}

// Judge gives code 104 and ends the session when the face is less similar to the one before than the setting asks.
func (w *Worker) Judge(_ context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
	v := &schemas.Verdict{Estimations: &schemas.Estimations{}}
	if !w.models.Has(vision.RoleDescriptor) || !isComparable(f.GetEstimations().GetHeadPose()) {
		return v, nil
	}
	pixels, err := workers.CropOf(f, w.Name(), w.crop())
	if err != nil {
		return nil, err
	}
	w.inferences.Inc()
	now, err := w.models.Describe(pixels, nil)
	if err != nil {
		return nil, streams.Blame(streams.Model, fmt.Errorf("descriptor: %w", err))
	}
	if before := decode(s.Own); before != nil {
		similarity := w.models.Similarity(before, now)
		v.Estimations.PreviousFaceSimilarity = &similarity
		if similarity < s.Settings.Session.PreviousFaceSimilarity {
			v.Errors = append(v.Errors, schemas.CodeDifferentFace)
			v.Ends = schemas.Outcome_OUTCOME_DIFFERENT_FACE
			return v, nil // the state stays with the person the session began with
		}
	}
	v.State = encode(now)
	return v, nil
}

func isComparable(p *schemas.HeadPose) bool {
	return p != nil && math.Abs(p.GetYaw()) <= comparableYaw && math.Abs(p.GetPitch()) <= comparablePitch
}

func encode(descriptor []float32) []byte {
	out := make([]byte, 0, 4*len(descriptor))
	for _, x := range descriptor {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
	}
	return out
}

func decode(state []byte) []float32 {
	if len(state) == 0 || len(state)%4 != 0 {
		return nil
	}
	out := make([]float32, len(state)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(state[4*i:]))
	}
	return out
}
