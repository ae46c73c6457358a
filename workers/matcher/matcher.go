// Package matcher is the worker that checks that a session shows the same person from start to end.
package matcher

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

// The descriptor of a face turned further than this is unreliable, so the last good one is kept instead.
const (
	comparableYaw   = 20 // degrees
	comparablePitch = 20
)

// Worker compares each face with the one before it, with the session's first, and with the reference face if the session
// has one. Its state holds their quantised descriptors.
type Worker struct {
	models     *vision.Models
	inferences prometheus.Counter
}

// New returns the worker on models, which must have been opened with the descriptor role.
func New(models *vision.Models) *Worker {
	return &Worker{models, workers.Inferences(schemas.WorkerMatcher, string(vision.RoleDescriptor))}
}

// Name returns "matcher".
func (w *Worker) Name() string { return schemas.WorkerMatcher }

// Pack returns the digest of the model pack.
func (w *Worker) Pack() string { return w.models.Digest() }

// Crops lists the crop of the descriptor network.
func (w *Worker) Crops() []schemas.CropSpec {
	if !w.models.Has(vision.RoleDescriptor) {
		return nil
	}
	return []schemas.CropSpec{w.models.DescriptorCrop()}
}

// Judge returns code 104, marks the session as fake and ends it if the face is less similar to the one before or to the
// session's first than the settings require. The comparison with the reference face is reported and does not end the session.
func (w *Worker) Judge(_ context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
	v := &schemas.Verdict{Estimations: &schemas.Estimations{}}
	if !w.models.Has(vision.RoleDescriptor) {
		return v, nil
	}
	m, err := decodeMemory(s.Own, w.Pack())
	if errors.Is(err, errOtherPack) {
		return nil, streams.Blame(streams.Model, err)
	}
	if err != nil {
		return nil, streams.Blame(streams.Input, err)
	}
	if !isComparable(f.GetEstimations().GetHeadPose()) {
		v.Estimations.Verification = m.verification(s.Settings) // of the same person, in an earlier frame
		return v, nil
	}
	pixels, err := workers.CropOf(f, w.Name(), w.models.DescriptorCrop())
	if err != nil {
		return nil, err
	}
	w.inferences.Inc()
	now, err := w.describe(pixels)
	if err != nil {
		return nil, err
	}
	if m.first == nil {
		m.first = now
	} else {
		previous, first := w.similarity(m.previous, now), w.similarity(m.first, now)
		v.Estimations.PreviousFaceSimilarity, v.Estimations.FirstFaceSimilarity = &previous, &first
		if min(previous, first) < s.Settings.Session.PreviousFaceSimilarity {
			v.Errors = append(v.Errors, schemas.CodeDifferentFace)
			v.Ends, v.MarksFake = schemas.Outcome_OUTCOME_DIFFERENT_FACE, true
			return v, nil // the state keeps the person that the session began with
		}
	}
	m.previous = now
	if m.reference != nil {
		m.verified = float32(w.similarity(m.reference, now))
	}
	v.Estimations.Verification = m.verification(s.Settings)
	v.State = m.encode(w.Pack())
	return v, nil
}

// describe returns the descriptor of the crop.
func (w *Worker) describe(pixels []byte) (vector, error) {
	descriptor, err := w.models.Describe(pixels, nil)
	if err != nil {
		return nil, streams.Blame(streams.Model, fmt.Errorf("descriptor: %w", err))
	}
	return quantise(descriptor), nil
}

// similarity returns 0..1, see vision.Models.Similarity.
func (w *Worker) similarity(a, b vector) float64 { return w.models.Similarity(a.unit(), b.unit()) }

// verification returns nil until a face has been compared with the reference.
func (m *memory) verification(s *schemas.Settings) *schemas.Verification {
	if m.reference == nil || m.previous == nil {
		return nil
	}
	similarity := math.Round(float64(m.verified)*1e4) / 1e4
	return &schemas.Verification{Similarity: similarity, Matched: similarity >= s.Session.ReferenceSimilarity}
}

func isComparable(p *schemas.HeadPose) bool {
	return p != nil && math.Abs(p.GetYaw()) <= comparableYaw && math.Abs(p.GetPitch()) <= comparablePitch
}
