package vision

import "math"

// meshAxes are the ends of the head's axes in the picture, with depth in pixels, growing away from the camera.
type meshAxes struct{ top, chin, right, left [3]float32 }

// mesh runs Face Mesh (Kartynnik et al., 2019) on an upright crop round the face.
func (m *Models) mesh(img *Image, d Detection, out *Measurement) (axes meshAxes, err error) {
	n := m.nets[RoleMesh][0]
	w, h := n.spec.Input[0], n.spec.Input[1]
	t, err := n.borrow(shape4{1, 3, int64(h), int64(w)})
	if err != nil {
		return axes, err
	}
	defer n.giveBack(t)
	back := n.cropInto(t.in, img, d, CropSpec{Kind: CropEyes, Scale: n.spec.Crop, Width: w, Height: h, Color: n.spec.Color})
	if err := n.run(t); err != nil {
		return axes, err
	}
	points, flag := t.output(len(out.Mesh)*3), t.output(1)
	if points == nil || flag == nil {
		return axes, n.unexpected("468 points of 3 numbers and one confidence", t)
	}
	out.MeshConfidence = flag[0]
	if n.spec.Confidence == "logit" {
		out.MeshConfidence = sigmoid(flag[0])
	}
	if !(out.MeshConfidence >= meshTurned) {
		out.FarTurned = true
		return axes, nil
	}
	out.HasMesh = true
	for i := range out.Mesh {
		out.Mesh[i] = back.apply(points[i*3], points[i*3+1])
	}
	scale := back.step()
	at := func(i int) [3]float32 { return [3]float32{out.Mesh[i].X, out.Mesh[i].Y, points[i*3+2] * scale} }
	return meshAxes{top: at(10), chin: at(152), right: at(234), left: at(454)}, nil
}

// angles reads yaw, pitch and roll in degrees off the axes. Their signs are sure, their size is rough, and the pitch
// of a person who looks straight ahead differs from one to the next.
func (a meshAxes) angles() (yaw, pitch, roll float32) {
	across := [3]float64{float64(a.left[0] - a.right[0]), float64(a.left[1] - a.right[1]), float64(a.left[2] - a.right[2])}
	down := [3]float64{float64(a.chin[0] - a.top[0]), float64(a.chin[1] - a.top[1]), float64(a.chin[2] - a.top[2])}
	yaw = degrees(math.Atan2(across[2], math.Hypot(across[0], across[1])))
	pitch = degrees(math.Atan2(-down[2], math.Hypot(down[0], down[1])))
	roll = degrees(math.Atan2(-across[1], across[0]))
	return yaw, pitch, roll
}
