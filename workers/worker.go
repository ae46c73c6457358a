// Package workers is what all workers share: the contract of a judge and the loop that runs one.
package workers

import (
	"context"
	"fmt"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Worker judges faces. What it says must follow from its arguments alone, so that any process can take over at any
// frame and a recording judged again gives the same verdict. Judge is called from several goroutines at once.
type Worker interface {
	// Name is the worker's name in settings and subjects: lower-case letters, digits and dashes.
	Name() string
	// Judge returns the verdict on a face; the loop fills in which frame it is of and who gave it. Mark an error with
	// streams.Blame: its fault decides whether the face is tried again.
	Judge(ctx context.Context, f *schemas.Face, s State) (*schemas.Verdict, error)
}

// Cropper is a worker that looks at pixels. Crops says which pieces of the frame it wants in every Face.
type Cropper interface {
	Crops() []schemas.CropSpec
}

// Measurer is a worker that measures with a model pack. Pack is the pack's digest.
type Measurer interface {
	Pack() string
}

// State is what a worker knows beside the face.
type State struct {
	Own      []byte            // what this worker returned for the frame before, nil for the first
	Settings *schemas.Settings // the revision the session started with
}

// CropOf returns the pixels of a crop the worker asked for. A face without it, or of another size, is the input's fault.
func CropOf(f *schemas.Face, worker string, want schemas.CropSpec) ([]byte, error) {
	name := CropName(worker, want.Name)
	for _, c := range f.GetCrops() {
		if c.GetName() != name {
			continue
		}
		if int(c.GetWidth()) != want.Width || int(c.GetHeight()) != want.Height || len(c.GetPixels()) != 3*want.Width*want.Height {
			return nil, streams.Blame(streams.Input, fmt.Errorf("crop %s is %dx%d of %d bytes, want %dx%d", name, c.GetWidth(), c.GetHeight(), len(c.GetPixels()), want.Width, want.Height))
		}
		return c.GetPixels(), nil
	}
	return nil, streams.Blame(streams.Input, fmt.Errorf("the face has no crop %s: was the worker running when the detector cut it?", name))
}

// CropName is the name of a worker's crop in a Face.
func CropName(worker, crop string) string { return worker + "/" + crop }
