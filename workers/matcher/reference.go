package matcher

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/describe"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/vision"
)

// referenceFace is the smallest width and height of the face in a reference picture, in pixels.
const referenceFace = 64

// Run judges faces, and describes reference faces of new sessions, whose pictures decoder decodes, until ctx is done. Describing needs
// the roles detector and descriptor; without them the service is not offered.
func Run(ctx context.Context, conn *streams.Conn, models *vision.Models, decoder pictures.Decoder, o workers.Options) error {
	w := New(models)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return workers.Run(ctx, conn, w, o) })
	if models.Has(vision.RoleDetector) && models.Has(vision.RoleDescriptor) {
		group.Go(func() error {
			d := newDescriber(w, decoder)
			return describe.Serve(ctx, conn, func(image []byte) ([]byte, error) { return d.describe(ctx, image) })
		})
	}
	return group.Wait()
}

// describer creates the initial state of a session with a reference face. It is not safe for concurrent use.
type describer struct {
	worker  *Worker
	decoder pictures.Decoder
	image   vision.Image
	found   []vision.Detection
}

func newDescriber(w *Worker, decoder pictures.Decoder) *describer {
	return &describer{worker: w, decoder: decoder}
}

// describe returns the matcher's state before the first frame. A picture without exactly one usable face is a
// *describe.Refusal.
func (d *describer) describe(ctx context.Context, image []byte) ([]byte, error) {
	models := d.worker.models
	defer d.image.Release()
	if err := d.decoder.Decode(ctx, image, &d.image); err != nil {
		if errors.Is(err, vision.ErrUndecodable) {
			return nil, &describe.Refusal{Code: schemas.SystemUndecodable, Reason: "the picture cannot be decoded"}
		}
		return nil, err
	}
	var err error
	if d.found, err = models.Detect(&d.image, d.found); err != nil {
		return nil, fmt.Errorf("detect the reference face: %w", err)
	}
	switch {
	case len(d.found) == 0:
		return nil, &describe.Refusal{Code: schemas.CodeNoFace, Reason: "the picture shows no face"}
	case len(d.found) > 1:
		return nil, &describe.Refusal{Code: schemas.CodeManyFaces, Reason: fmt.Sprintf("the picture shows %d faces", len(d.found))}
	}
	face := d.found[0]
	size := fmt.Sprintf("the face is %.0f x %.0f pixels, %d are needed", face.Box.Width, face.Box.Height, referenceFace)
	if face.Box.Width < referenceFace {
		return nil, &describe.Refusal{Code: schemas.CodeFaceNarrow, Reason: size}
	}
	if face.Box.Height < referenceFace {
		return nil, &describe.Refusal{Code: schemas.CodeFaceLow, Reason: size}
	}
	reference, err := d.worker.describe(vision.Cut(&d.image, face, models.DescriptorCrop(), nil))
	if err != nil {
		return nil, err
	}
	return (&memory{reference: view{vector: reference}}).encode(d.worker.Pack()), nil
}
