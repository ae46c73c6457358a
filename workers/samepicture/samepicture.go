// Package samepicture tells whether two frames show one picture of a face: a photo that is moved, tilted, bent, resized or
// encoded again still looks through the same eyes, while the lids, the gaze and the light in the eyes of a living person change
// within a second.
//
// Each frame is reduced to small patches round the eyes. Two patches are compared after one has been laid over the other by the
// affine motion that makes them most alike (searched as by Lucas and Kanade, 1981), so that neither the motion of a picture nor
// the noise of the mesh makes a difference.
package samepicture

import (
	"fmt"

	"github.com/selene-liveness/selene/workers/vision"
)

// An eye is placed by its corners, points of the mesh, left to right in the picture of an upright face.
var corners = [2][2]int{{33, 133}, {362, 263}}

const (
	width, height = 32, 26 // of the patch of one eye, with a rim for the search
	apart         = 15     // the corners of an eye in its patch, pixels
	below         = 2      // the corners lie so far below the centre of the patch: lids and brow are above
	rim           = 3      // pixels
)

// Size is the length of what [Cut] returns.
const Size = len(corners) * width * height

// Cut returns the patches of the eyes of a measured face, the subject's right one first: grey values 0..255, row by row. It
// returns nil without a mesh.
func Cut(img *vision.Image, m *vision.Measurement) []byte {
	if !m.HasMesh {
		return nil
	}
	out := make([]byte, 0, Size)
	for _, c := range corners {
		out = append(out, vision.CutBetween(img, m.Mesh[c[0]], m.Mesh[c[1]], apart, below, width, height)...)
	}
	return out
}

// Similarity returns how alike the eyes of two faces are, as [Cut] cut them, -1..1: the mean of the correlations of both eyes.
// Anything else than Size bytes is an error.
func Similarity(a, b []byte) (float64, error) { return SimilarityToMixture([][]byte{a}, b) }

// SimilarityToMixture returns how alike the eyes of a face are to those of the most similar other one, or to those that two of
// the others give when they are laid over each other in any shares, as when one picture fades into the other: -1..1, 0 without
// others. Anything else than Size bytes is an error.
func SimilarityToMixture(others [][]byte, face []byte) (float64, error) {
	for _, p := range append([][]byte{face}, others...) {
		if len(p) != Size {
			return 0, fmt.Errorf("the patches of two eyes must have %d bytes, not %d", Size, len(p))
		}
	}
	const eye = width * height
	sum := 0.0
	for from := 0; from < Size; from += eye {
		t := newTemplate(face[from : from+eye])
		laid, correlations := make([][]float64, len(others)), make([]float64, len(others))
		for i, o := range others {
			laid[i], correlations[i] = t.find(o[from : from+eye])
		}
		sum += t.explained(laid, correlations)
	}
	return sum / float64(len(corners)), nil
}
