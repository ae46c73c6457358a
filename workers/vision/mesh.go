package vision

import (
	"math"

	"github.com/selene-liveness/selene/schemas"
)

// meshAxes holds the ends of the head's axes in the picture, with depth in pixels, growing away from the camera.
type meshAxes struct{ top, chin, right, left [3]float32 }

// mesh runs Face Mesh (Kartynnik et al., 2019) on an upright crop round the face.
func (m *Models) mesh(img *Image, d Detection, out *Measurement) (axes meshAxes, err error) {
	n := m.nets[RoleMesh][0]
	err = n.look(img, d, schemas.CropEyes, "468 points of 3 numbers and one confidence", func(t *tensors, back affine) bool {
		points, flag := t.output(len(out.Mesh)*3), t.output(1)
		if points == nil || flag == nil {
			return false
		}
		out.MeshRead, out.MeshConfidence = true, flag[0]
		if n.spec.Confidence == "logit" {
			out.MeshConfidence = sigmoid(flag[0])
		}
		axes = readMesh(points, back, out)
		return true
	})
	return axes, err
}

// readMesh fills in the mesh, unless its confidence is too low, as it is for faces that are turned far.
func readMesh(points []float32, back affine, out *Measurement) meshAxes {
	if !(out.MeshConfidence >= meshTurned) {
		out.FarTurned = true
		return meshAxes{}
	}
	out.HasMesh = true
	for i := range out.Mesh {
		out.Mesh[i] = back.apply(points[i*3], points[i*3+1])
	}
	scale := back.step()
	for i := range out.MeshDepth {
		out.MeshDepth[i] = points[i*3+2] * scale
	}
	at := func(i int) [3]float32 { return [3]float32{out.Mesh[i].X, out.Mesh[i].Y, out.MeshDepth[i]} }
	return meshAxes{top: at(10), chin: at(152), right: at(234), left: at(454)}
}

// angles returns yaw, pitch and roll in degrees. Their signs are reliable, their values are rough, and the pitch of a person
// who looks straight ahead differs from person to person.
func (a meshAxes) angles() (yaw, pitch, roll float32) {
	across := [3]float64{float64(a.left[0] - a.right[0]), float64(a.left[1] - a.right[1]), float64(a.left[2] - a.right[2])}
	down := [3]float64{float64(a.chin[0] - a.top[0]), float64(a.chin[1] - a.top[1]), float64(a.chin[2] - a.top[2])}
	yaw = degrees(math.Atan2(across[2], math.Hypot(across[0], across[1])))
	pitch = degrees(math.Atan2(-down[2], math.Hypot(down[0], down[1])))
	roll = degrees(math.Atan2(-across[1], across[0]))
	return yaw, pitch, roll
}
