package schemas

import "path/filepath"

// VirtualCameraChecker states how sessions are treated whose frames do not seem to come from a camera.
type VirtualCameraChecker struct {
	IsEnabled bool     `json:"is_enabled"`
	Policy    string   `json:"policy"`
	Denylist  []string `json:"denylist"`
}

// VirtualCameraLimit is the score below which frames are judged not to come from a camera.
const VirtualCameraLimit = 0.5

var defaultDenylist = []string{
	"OBS", "ManyCam", "XSplit", "Snap Camera", "mmhmm", "CamTwist", "SplitCam", "YouCam", "v4l2loopback", "Dummy video device",
	"DroidCam", "e2eSoft", "Iriun", "Virtual",
}

func (c *VirtualCameraChecker) fields() []field {
	return []field{
		{at: &c.IsEnabled, title: "Enabled", value: true, about: "Looks for signs of a virtual camera."},
		{
			at: &c.Policy, title: "Policy", value: "reject", oneOf: []string{"log", "reject"},
			about: "reject: a session whose frames certainly do not come from a camera cannot pass. log: records the result only.",
		},
		{
			at: &c.Denylist, title: "Denied cameras", value: defaultDenylist,
			about: "Texts that deny a camera if its label contains one of them, in upper or lower case.",
		},
	}
}

// FileLogger states whether and where sessions are written to disk.
type FileLogger struct {
	IsEnabled bool   `json:"is_enabled"`
	Path      string `json:"path"`
}

func (l *FileLogger) fields() []field {
	return []field{
		{at: &l.IsEnabled, title: "Enabled", about: "Writes sessions to disk."},
		{
			at: &l.Path, title: "Folder", value: "./LOGS", allowed: filepath.IsLocal, want: "must be a relative path without ..",
			about: "Relative to the folder that the file logger was started with.",
		},
	}
}
