// Package lightchallenge is the worker that lights the face with the colours of the screen and checks that it responds.
//
// The client shows one colour after the other on its whole page. The sequence follows from the session's secret seed, and
// clients receive only the colour to show next, so a recording responds to another sequence or to none. Face flashing as evidence of
// liveness is described by Tang et al., "Face Flashing: a Secure Liveness Detection Protocol based on Light Reflections"
// (NDSS 2018). README.md has the measures, their error rates and what has not been tried.
package lightchallenge

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
)

// Crop is the face with its surroundings, which tell the light of the screen from changes of the camera.
var Crop = schemas.CropSpec{Name: "surroundings", Kind: schemas.CropSquare, Scale: 2.5, Width: cropSide, Height: cropSide, Color: "rgb"}

const cropSide = 64

// Worker measures the response of faces. It has no state and is safe for concurrent use.
type Worker struct{}

// New returns the worker.
func New() *Worker { return &Worker{} }

// Name returns "lightchallenge".
func (*Worker) Name() string { return schemas.WorkerLightChallenge }

// Crops returns the one crop that the worker measures.
func (*Worker) Crops() []schemas.CropSpec { return []schemas.CropSpec{Crop} }

// Judge is pending until a face has responded to the number of colours in the settings. It gives code 116 to the frame with
// which an attempt fails, and ends the session, without marking it as fake, when more attempts have failed than the settings
// allow.
func (w *Worker) Judge(_ context.Context, f *schemas.Face, s workers.State) (*schemas.Verdict, error) {
	settings := &s.Settings.LightChallenge
	if !settings.IsEnabled {
		return &schemas.Verdict{Estimations: &schemas.Estimations{}}, nil
	}
	var p progress
	if len(s.Own) > 0 {
		if err := json.Unmarshal(s.Own, &p); err != nil {
			return nil, streams.Blame(streams.Input, fmt.Errorf("read progress: %w", err))
		}
	}
	pixels, err := workers.CropOf(f, w.Name(), Crop)
	if err != nil {
		return nil, err
	}
	failed := p.follow(f, pixels, settings)
	v := &schemas.Verdict{Estimations: &schemas.Estimations{LightChallenge: p.told(settings)}, Pending: !p.Done}
	if failed {
		v.Errors = []int32{schemas.CodeLightResponse}
		if p.Failed > settings.MaxFailed {
			v.Ends = schemas.Outcome_OUTCOME_ACTIONS_FAILED
		}
	}
	if v.State, err = json.Marshal(p); err != nil {
		return nil, fmt.Errorf("encode progress: %w", err)
	}
	return v, nil
}
