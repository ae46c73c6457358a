package vision

import "math"

const (
	// sureUpright is the confidence of the mesh from which a face is as upright as its points say. 99 in 100 upright faces
	// that look at the camera reach it.
	sureUpright = 1 - 1e-6
	// sureTurned and moreSure are the log-odds that a mesh in another direction must have, and by how much they must exceed those
	// of the upright one. Upside down, an upright face with a mask reached 13.6 (pack base).
	sureTurned = 15
	moreSure   = 3
)

// meshOfTurned looks for the face in a picture that is upside down or lies on its side. Detectors put the points of such a face
// where those of an upright one would be, but the mesh network is sure in the one true direction only. axes is the result of
// mesh, which stays as it is unless another direction is clearly better.
func (m *Models) meshOfTurned(img *Image, d Detection, axes meshAxes, out *Measurement) (meshAxes, error) {
	best, least := out, max(sureTurned, logOdds(out.MeshConfidence)+moreSure)
	for _, quarters := range [3]int{2, 1, 3} {
		found := *out
		found.FarTurned, found.Turned = false, quarters
		a, err := m.mesh(img, d.turned(quarters), &found)
		if err != nil {
			return axes, err
		}
		if odds := logOdds(found.MeshConfidence); odds >= least {
			axes, best, least = a, &found, odds
		}
	}
	*out = *best
	return axes, nil
}

// turned returns the face with its points turned round the middle of its box by quarter turns, clockwise.
func (d Detection) turned(quarters int) Detection {
	c := d.Box.Center()
	for i, p := range d.Points {
		x, y := p.X-c.X, p.Y-c.Y
		for range quarters {
			x, y = -y, x
		}
		d.Points[i] = Point{c.X + x, c.Y + y}
	}
	return d
}

// logOdds returns the natural logarithm of p/(1-p), at most about 16 since p has 24 bits.
func logOdds(p float32) float64 {
	odds := float64(p) / max(1-float64(p), 1e-7)
	return math.Log(max(odds, 1e-7))
}
