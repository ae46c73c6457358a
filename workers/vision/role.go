package vision

// Role is a task that a model pack fills with networks.
type Role string

const (
	RoleDetector   Role = "detector"   // finds faces and five points
	RoleMesh       Role = "mesh"       // 468 face points with a confidence
	RoleIris       Role = "iris"       // eye contours, for openness
	RoleDescriptor Role = "descriptor" // identity vector
	RoleAntispoof  Role = "antispoof"  // passive liveness
	RolePose       Role = "pose"       // head angles

	// Optional: no pack of the project fills these.
	RoleEyeState  Role = "eyestate"  // open, closed or hidden eyes
	RoleOcclusion Role = "occlusion" // masks over nose and mouth
	RoleDeepfake  Role = "deepfake"  // faces made by a machine
)

// Roles lists every role that a pack can fill.
func Roles() []Role {
	return []Role{RoleDetector, RoleMesh, RoleIris, RoleDescriptor, RoleAntispoof, RolePose, RoleEyeState, RoleOcclusion, RoleDeepfake}
}
