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

// Worker compares each face with the views that the session has shown of its person, and with the reference face if the session
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

// PackName returns name and version of the model pack.
func (w *Worker) PackName() string { return w.models.Name() }

// Measures lists the similarity of faces if the pack has a network for it.
func (w *Worker) Measures() []string {
	if !w.models.Has(vision.RoleDescriptor) {
		return []string{}
	}
	return []string{schemas.MeasureSimilarity}
}

// Crops lists the crop of the descriptor network.
func (w *Worker) Crops() []schemas.CropSpec {
	if !w.models.Has(vision.RoleDescriptor) {
		return nil
	}
	return []schemas.CropSpec{w.models.DescriptorCrop()}
}

// Judge returns code 115 if the settings ask for a similarity and the pack has no network for it, and code 104 for a face
// that is less similar to the session's frontal faces than the settings require, or, when it is turned, than a face in nearly
// its pose should be. The second such face of three marks the session as fake and ends it. The comparison with the reference
// face is reported and does not end the session.
func (w *Worker) Judge(_ context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
	v := &schemas.Verdict{Estimations: &schemas.Estimations{}}
	if !w.models.Has(vision.RoleDescriptor) {
		if s.Settings.Session.PreviousFaceSimilarity > 0 {
			v.Errors = []int32{schemas.CodeSimilarityNone}
		}
		return v, nil
	}
	m, err := decodeMemory(s.Own, w.Pack())
	if errors.Is(err, errOtherPack) {
		return nil, streams.Blame(streams.Model, err)
	}
	if err != nil {
		return nil, streams.Blame(streams.Input, err)
	}
	now := posed(f.GetEstimations())
	if now == nil || !now.comparable() || !m.first.known() && now.turned() > firstAngle {
		v.Estimations.Verification = m.verified.verification(s.Settings.Session.ReferenceSimilarity) // of earlier frames
		return v, nil
	}
	pixels, err := workers.CropOf(f, w.Name(), w.models.DescriptorCrop())
	if err != nil {
		return nil, err
	}
	w.inferences.Inc()
	if now.vector, err = w.describe(pixels); err != nil {
		return nil, err
	}
	w.follow(m, now, s.Settings, v)
	v.State = m.encode(w.Pack())
	return v, nil
}

// follow judges a face that can be compared, and adds it to the memory.
func (w *Worker) follow(m *memory, now *view, s *schemas.Settings, v *schemas.Verdict) {
	setting := s.Session.PreviousFaceSimilarity
	switch {
	case !m.first.known():
		m.first, m.previous = *now, *now
	default:
		c := m.compare(now, w.similarity)
		v.Estimations.PreviousFaceSimilarity, v.Estimations.FirstFaceSimilarity = &c.previous, &c.first
		doubted := c.own < now.bound(setting) || c.chain < setting-chainAllowance
		if m.doubt(doubted) {
			v.Ends, v.MarksFake = schemas.Outcome_OUTCOME_DIFFERENT_FACE, true
		}
		if doubted {
			v.Errors = append(v.Errors, schemas.CodeDifferentFace)
			v.Estimations.Verification = m.verified.verification(s.Session.ReferenceSimilarity)
			return
		}
		m.enrol(now, c, setting)
	}
	if m.reference.known() && now.turned() <= frontalAngle {
		m.verified.add(w.similarity(m.reference.vector, now.vector), s.Session.ReferenceSimilarity)
	}
	v.Estimations.Verification = m.verified.verification(s.Session.ReferenceSimilarity)
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

// posed returns a view without a vector, with its angles in whole degrees; nil for a face without a pose.
func posed(e *schemas.Estimations) *view {
	p := e.GetHeadPose()
	if p == nil {
		return nil
	}
	return &view{
		yaw: degrees(p.GetYaw()), pitch: degrees(p.GetPitch()), roll: degrees(p.GetRoll()),
		sharp: e.GetImageQuality().GetBlur() >= sharp,
	}
}

func degrees(x float64) int8 { return int8(math.Round(max(-90, min(x, 90)))) }
