package vision

import "math"

// Corners of the eyes in the mesh, by the subject's side.
const (
	rightOuter, rightInner = 33, 133
	leftInner, leftOuter   = 362, 263
)

// eyes measures how far the eyes are open from the contours of the iris network (Ablavatski et al., 2020), which was trained
// on right eyes, so the left one is mirrored.
func (m *Models) eyes(img *Image, out *Measurement) error {
	if !m.Has(RoleIris) {
		out.meshEyes()
		return nil
	}
	n := m.nets[RoleIris][0]
	batch := min(n.batch(), 2)
	var open [2]float32
	for eye := 0; eye < 2; eye += batch {
		err := n.use(n.planar(batch), func(in []float32) {
			size := len(in) / batch
			for i := range batch {
				n.cropEye(in[i*size:(i+1)*size], img, out, eye+i)
			}
		}, "71 contour points of 3 numbers for each eye", func(t *tensors) bool {
			for i := range batch {
				points := irisContour(t, batch, i)
				if points == nil {
					return false
				}
				open[eye+i] = aspectRatio(points)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	out.RightEyeOpenness, out.LeftEyeOpenness = open[0], open[1]
	out.HasEyes, out.EyesFrom = true, "iris"
	return nil
}

func (n *model) cropEye(in []float32, img *Image, out *Measurement, eye int) {
	from, to := out.Mesh[rightOuter], out.Mesh[rightInner]
	if eye == 1 {
		from, to = out.Mesh[leftInner], out.Mesh[leftOuter]
	}
	w, h := n.spec.Input[0], n.spec.Input[1]
	center := Point{(from.X + to.X) / 2, (from.Y + to.Y) / 2}
	m := squareAround(center, distance(from, to)*n.spec.Crop, eyeAngle(from, to), float32(w), float32(h))
	if eye == 1 {
		m = affine{-m.a, m.b, m.c + m.a*float32(w), -m.d, m.e, m.f + m.d*float32(w)}
	}
	crop := borrowBytes(w * h * 3)
	defer byteBuffers.Put(crop)
	warp(img, m, w, h, n.spec.Color == "bgr", true, *crop)
	n.fill(in, *crop)
}

// irisContour finds the 71 points of eye i; in some exports the 5 points of the iris follow them in the same output.
func irisContour(t *tensors, batch, i int) []float32 {
	for _, size := range [2]int{71 * 3, 76 * 3} {
		if o := t.output(size * batch); o != nil {
			return o[i*size:][:71*3]
		}
	}
	return nil
}

// aspectRatio returns the mean distance between the lids over that of the corners. The first nine points of the contour
// run along the lower lid from corner to corner, the next seven along the upper.
func aspectRatio(points []float32) float32 {
	at := func(i int) Point { return Point{points[i*3], points[i*3+1]} }
	width := distance(at(0), at(8))
	if width == 0 {
		return 0
	}
	var sum float32
	for j := 2; j <= 6; j++ {
		sum += distance(at(j), at(j+8))
	}
	return sum / 5 / width
}

// meshEyes reads the openness from the mesh alone, for packs without an iris network.
func (out *Measurement) meshEyes() {
	ratio := func(outer, inner int, lids [3][2]int) float32 {
		width := distance(out.Mesh[outer], out.Mesh[inner])
		if width == 0 {
			return 0
		}
		var sum float32
		for _, l := range lids {
			sum += distance(out.Mesh[l[0]], out.Mesh[l[1]])
		}
		return sum / 3 / width
	}
	out.RightEyeOpenness = ratio(rightOuter, rightInner, [3][2]int{{160, 144}, {159, 145}, {158, 153}})
	out.LeftEyeOpenness = ratio(leftOuter, leftInner, [3][2]int{{387, 373}, {386, 374}, {385, 380}})
	out.HasEyes, out.EyesFrom = !math.IsNaN(float64(out.RightEyeOpenness+out.LeftEyeOpenness)), "mesh"
}
