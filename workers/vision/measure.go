package vision

import "math"

// farYaw is the yaw in degrees beyond which a mesh is wrong, regardless of its confidence.
const farYaw = 60

// meshTurned is the confidence below which the mesh is not used: the face is turned too far.
const meshTurned = 0.5

// rollsDiffer is the difference in degrees from which the roll is that of the mesh: the pose network knows none beyond 30 degrees
// or so.
const rollsDiffer = 20

// Measurement holds the results of the mesh, iris and pose networks for one face. Values that were not measured are zero and
// their Has field is false.
type Measurement struct {
	HasMesh        bool
	MeshRead       bool         // the mesh network judged the face, however unsure
	MeshConfidence float32      // 0..1
	Mesh           [468]Point   // MediaPipe Face Mesh, pixels of the picture
	MeshDepth      [468]float32 // of the points of Mesh, pixels, growing away from the camera; rough
	// Turned is the number of quarter turns, clockwise, by which the whole picture is turned.
	Turned int
	// FarTurned is set beyond 60 degrees of yaw, and when the mesh network finds no usable face (turned far, or
	// mostly covered): then mesh, eyes and mouth are not measured, and without a pose network neither is the pose.
	FarTurned bool

	// Head angles in degrees, from the pose network or, without one, from the axes of the mesh.
	HasPose bool
	Yaw     float32 // above 0: turned to the subject's left
	Pitch   float32 // above 0: chin up
	Roll    float32 // above 0: tilted to the subject's right shoulder; -180..180

	// Eye aspect ratio (Soukupova and Cech, 2016): closed below about 0.12, open 0.16 to 0.44 depending on the person.
	HasEyes                           bool
	RightEyeOpenness, LeftEyeOpenness float32
	// EyesFrom is the source of the openness: "iris" or "mesh", which is less reliable.
	EyesFrom string

	// Results of the role eyestate, for faces within the angles of [Attributes].
	RightEyeState, LeftEyeState EyeState

	HasMouth      bool
	MouthOpenness float32 // opening over width of the inner lips: closed 0..0.1, talking about 0.2, wide open 0.5 or more

	Attributes
}

// Measure measures one face that [Models.Detect] found in the picture, with the roles mesh, iris, pose, eyestate and
// occlusion if they are loaded, and from the pixels round the mesh. It overwrites all of out.
func (m *Models) Measure(img *Image, d Detection, out *Measurement) error {
	*out = Measurement{}
	if m.Has(RolePose) {
		if err := m.fsanet(img, d, out); err != nil {
			return err
		}
		if out.FarTurned = math.Abs(float64(out.Yaw)) > farYaw; out.FarTurned {
			return nil
		}
	}
	if !m.Has(RoleMesh) {
		return nil
	}
	axes, err := m.mesh(img, d, out)
	if err == nil && out.MeshConfidence < sureUpright {
		axes, err = m.meshOfTurned(img, d, axes, out)
	}
	if err != nil || !out.HasMesh {
		return err
	}
	out.readPose(axes)
	out.readMouth()
	out.readAttributes(img)
	if err := m.eyeStates(img, d, out); err != nil {
		return err
	}
	if err := m.mask(img, d, out); err != nil {
		return err
	}
	return m.eyes(img, out)
}

// readPose completes the angles of the pose network by those of the mesh.
func (out *Measurement) readPose(axes meshAxes) {
	yaw, pitch, roll := axes.angles()
	if !out.HasPose || out.Turned != 0 { // the pose network knows no picture on its side
		out.Yaw, out.Pitch, out.Roll, out.HasPose = yaw, pitch, roll, true
		return
	}
	if math.Abs(float64(roll-out.Roll)) > rollsDiffer {
		out.Roll = roll
	}
}

func (out *Measurement) readMouth() {
	width := distance(out.Mesh[78], out.Mesh[308])
	if width > 0 {
		out.HasMouth, out.MouthOpenness = true, distance(out.Mesh[13], out.Mesh[14])/width
	}
}
