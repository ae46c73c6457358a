package main

import (
	"errors"

	"github.com/selene-liveness/selene/deploy/tools/replay"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/workers/vision"
)

// measurer measures faces as the detector does, for `replay --act` and `replay --attack`.
type measurer struct {
	models  *vision.Models
	decoder *vision.Decoder
	image   vision.Image
	found   []vision.Detection
}

func openMeasurer(m *modelFolder) (*measurer, error) {
	models, err := m.open(parts["detector"].roles...)
	if err != nil {
		return nil, err
	}
	return &measurer{models: models, decoder: vision.NewDecoder(imagefile.MaxPixels)}, nil
}

func (m *measurer) close() {
	m.decoder.Close()
	m.models.Close()
}

// Measure measures the largest face of an image.
func (m *measurer) Measure(image []byte) (replay.Face, error) {
	if err := m.decoder.Decode(image, &m.image); err != nil {
		if errors.Is(err, vision.ErrUndecodable) {
			return replay.Face{}, nil
		}
		return replay.Face{}, err
	}
	var err error
	if m.found, err = m.models.Detect(&m.image, m.found); err != nil || len(m.found) == 0 {
		return replay.Face{}, err
	}
	var seen vision.Measurement
	if err := m.models.Measure(&m.image, m.found[0], &seen); err != nil {
		return replay.Face{}, err
	}
	return replay.Face{
		Found: true, Count: len(m.found),
		HasPose: seen.HasPose && !seen.FarTurned, Yaw: float64(seen.Yaw), Pitch: float64(seen.Pitch), Roll: float64(seen.Roll),
		HasEyes: seen.HasEyes, RightEye: float64(seen.RightEyeOpenness), LeftEye: float64(seen.LeftEyeOpenness),
		Width: float64(m.found[0].Box.Width), Height: float64(m.found[0].Box.Height),
	}, nil
}
