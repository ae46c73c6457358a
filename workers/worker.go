// Package workers is the public contract of workers: the interface of a judge of faces, and the loop that runs one.
package workers

import (
	"context"
	"fmt"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Worker judges faces. Its verdicts must depend on the arguments of Judge alone, so that any process can take over at any
// frame and a recording judged again gives the same verdict. Judge is called from several goroutines at once.
type Worker interface {
	// Name returns the worker's name in settings and subjects: lowercase letters, digits and dashes.
	Name() string
	// Judge returns the verdict on a face; the loop fills in the names of the frame and the worker. Mark an error with
	// streams.Blame: its fault decides whether the face is tried again. Judge must return when ctx is done.
	Judge(ctx context.Context, f *schemas.Face, s State) (*schemas.Verdict, error)
}

// Cropper is a worker that needs pixels. Crops lists the pieces of the frame that it needs in every Face.
type Cropper interface {
	Crops() []schemas.CropSpec
}

// Measurer is a worker that uses a model pack.
type Measurer interface {
	Pack() string       // digest
	PackName() string   // name and version, such as "zoo 1"
	Measures() []string // the schemas.Measure… that it can take with the pack, not nil
}

// State is the input of a worker besides the face.
type State struct {
	Own      []byte            // the state that this worker returned for the frame before, nil for the first
	Settings *schemas.Settings // in the revision that the session started with
}

// CropOf returns the pixels of a crop that the worker requested: Width*Height*3 bytes. A face without the crop, or with one
// of another size, is an Input fault.
func CropOf(f *schemas.Face, worker string, want schemas.CropSpec) ([]byte, error) {
	name := CropName(worker, want.Name)
	for _, c := range f.GetCrops() {
		if c.GetName() != name {
			continue
		}
		if int(c.GetWidth()) != want.Width || int(c.GetHeight()) != want.Height || len(c.GetPixels()) != 3*want.Width*want.Height {
			return nil, streams.Blame(
				streams.Input,
				fmt.Errorf(
					"crop %s must be %dx%d, not %dx%d with %d bytes",
					name,
					want.Width,
					want.Height,
					c.GetWidth(),
					c.GetHeight(),
					len(c.GetPixels()),
				),
			)
		}
		return c.GetPixels(), nil
	}
	return nil, streams.Blame(
		streams.Input,
		fmt.Errorf("the face has no crop %s: the worker must be running before the detector handles the frame", name),
	)
}

// CropName returns the name of a worker's crop in a Face.
func CropName(worker, crop string) string { return worker + "/" + crop }
