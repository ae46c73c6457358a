package schemas

// Registration is a running process of a worker, as it announces itself in the bucket of workers (JSON).
type Registration struct {
	Name    string     `json:"name"`
	Version string     `json:"version"`
	Pack    string     `json:"pack,omitempty"` // digest of the model pack that the worker measures with
	Crops   []CropSpec `json:"crops,omitempty"`

	Slots int `json:"slots,omitempty"` // frames or faces that the process judges at the same time; 0 = it does not say

	PackName string   `json:"pack_name,omitempty"` // name and version of the pack
	Measures []string `json:"measures"`            // the Measure… that it can take; null = it does not say
}

// CropSpec describes a piece of the frame that a worker requests in every Face, and how it is cut.
type CropSpec struct {
	Name string `json:"name"`
	// Kind is the geometry:
	//   "box"       the face box, width and height each times Scale, the scale capped and the window shifted so that
	//               it stays in the picture, stretched to the crop
	//   "square"    a square of Scale times the longer side of the box, centred on the box, black outside the picture
	//   "eyes"      like square, turned so that the eyes are level
	//   "arcface5"  the five points mapped onto the template of ArcFace (Deng et al., CVPR 2019) by a similarity transform
	Kind   string  `json:"kind"`
	Scale  float32 `json:"scale"` // relative to the face box; arcface5 ignores it
	Width  int     `json:"width"` // of the crop, in pixels
	Height int     `json:"height"`
	Color  string  `json:"color"` // byte order: "rgb" or "bgr"
}

// Kinds of crops.
const (
	CropBox      = "box"
	CropSquare   = "square"
	CropEyes     = "eyes"
	CropArcFace5 = "arcface5"
)
