package detector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/samepicture"
	"github.com/selene-liveness/selene/workers/vision"
)

// lens judges one frame at a time, with its own buffers.
type lens struct {
	models      *vision.Models
	decoder     pictures.Decoder
	image       vision.Image
	found       []vision.Detection
	measured    vision.Measurement
	detections  prometheus.Counter
	measurement prometheus.Counter
}

func newLens(m *vision.Models, d pictures.Decoder) *lens {
	return &lens{
		models: m, decoder: d,
		detections:  workers.Inferences(schemas.WorkerDetector, string(vision.RoleDetector)),
		measurement: workers.Inferences(schemas.WorkerDetector, string(vision.RoleMesh)),
	}
}

// memory is the detector's own state: the aspect ratio of this person's open eyes.
type memory struct {
	Open   float64 `json:"open,omitempty"`   // mean eye aspect ratio of open eyes
	Frames int     `json:"frames,omitempty"` // number of frames in the mean, up to learnFrames
}

// look judges a frame. The face is nil unless the frame passed every check that is not waived. The verdict is set even
// with an error.
func (l *lens) look(
	ctx context.Context, f *schemas.Frame, sequence uint64, s *schemas.Settings, wants []want,
) (*schemas.Verdict, *schemas.Face, error) {
	defer l.image.Release()
	v := blank(f, sequence)
	e, d := v.GetEstimations(), v.GetDetection()
	if err := l.decoder.Decode(ctx, f.GetImage(), &l.image); errors.Is(err, vision.ErrUndecodable) {
		return v, nil, streams.Blame(streams.Input, fmt.Errorf("frame %s: %w", f.GetName().Key(), err))
	} else if err != nil {
		return v, nil, err
	}
	var m memory
	if own := f.GetState().GetWorkers()[schemas.WorkerDetector]; len(own) > 0 {
		if err := json.Unmarshal(own, &m); err != nil {
			return v, nil, streams.Blame(streams.Input, fmt.Errorf("read the detector state: %w", err))
		}
	}
	c := &checks{settings: s, waived: f.GetState().GetWaived()}
	face, err := l.check(c, e, &m)
	v.Errors, d.WaivedErrors = c.failed, c.forgiven
	if e.GetFramePosition() != nil {
		for _, p := range face.Points {
			d.Landmarks = append(d.Landmarks, p.X, p.Y)
		}
	}
	if err != nil || len(c.failed) > 0 {
		return v, nil, err
	}
	if !s.ActiveLiveness.IsEnabled { // otherwise the worker active-liveness compares pictures
		if err := l.compare(d); err != nil {
			return v, nil, err
		}
	}
	if v.State, err = json.Marshal(m); err != nil {
		return v, nil, fmt.Errorf("encode detector state: %w", err)
	}
	out := &schemas.Face{
		Version: schemas.Version, Name: f.GetName(), Decider: f.GetDecider(), Frame: sequence,
		ReceivedUnixNanos: f.GetReceivedUnixNanos(), State: f.GetState(), Estimations: e, Landmarks: d.GetLandmarks(),
	}
	if s.LightChallenge.IsEnabled {
		out.Mesh = mesh(&l.measured)
	}
	if s.ActiveLiveness.IsEnabled {
		out.Eyes = samepicture.Cut(&l.image, &l.measured)
	}
	for _, w := range wants {
		d.Judges = append(d.Judges, w.judge)
		for _, crop := range w.crops {
			out.Crops = append(out.Crops, l.cut(face, w.judge, crop))
		}
	}
	if len(d.Judges) == 0 {
		return v, nil, nil
	}
	return v, out, nil
}

// compare adds the eyes, and how alike they are to those of the session's window. Without a mesh nothing shows that the picture
// is another one.
func (l *lens) compare(d *schemas.Detection) error {
	d.Eyes = samepicture.Cut(&l.image, &l.measured)
	var others [][]byte
	for _, s := range d.GetState().GetWindow() {
		if len(s.GetEyes()) > 0 {
			others = append(others, s.GetEyes())
		}
	}
	similarity := 1.0
	switch {
	case len(d.GetState().GetWindow()) == 0:
		return nil
	case len(d.GetEyes()) > 0:
		var err error
		if similarity, err = samepicture.SimilarityToMixture(others, d.GetEyes()); err != nil {
			return streams.Blame(streams.Input, fmt.Errorf("the eyes in the session's window: %w", err))
		}
		similarity = round(similarity)
	}
	d.Similarity = &similarity
	return nil
}

// blank returns a verdict on a frame of which nothing is known yet.
func blank(f *schemas.Frame, sequence uint64) *schemas.Verdict {
	return &schemas.Verdict{
		Estimations: &schemas.Estimations{},
		Detection:   &schemas.Detection{Frame: sequence, ReceivedUnixNanos: f.GetReceivedUnixNanos(), State: f.GetState()},
	}
}

// mesh returns the points of the mesh as Face holds them, or nil without a mesh.
func mesh(m *vision.Measurement) []float32 {
	if !m.HasMesh {
		return nil
	}
	out := make([]float32, 0, 3*len(m.Mesh))
	for i, p := range m.Mesh {
		out = append(out, p.X, p.Y, m.MeshDepth[i])
	}
	return out
}

func (l *lens) cut(face vision.Detection, judge string, c schemas.CropSpec) *schemas.Crop {
	return &schemas.Crop{
		Name: workers.CropName(judge, c.Name), Width: uint32(c.Width), Height: uint32(c.Height), Color: c.Color,
		Pixels: vision.Cut(&l.image, face, c, nil),
	}
}
