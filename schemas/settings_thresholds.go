package schemas

// Thresholds are the limits of the single checks. Scores are 0..1 with 1 = good, sizes are pixels, angles are degrees.
type Thresholds struct {
	Blur              float64  `json:"blur"`
	Light             float64  `json:"light"`
	Dark              float64  `json:"dark"`
	Illumination      float64  `json:"illumination"`
	Specularity       float64  `json:"specularity"`
	FrameWidth        int      `json:"frame_width"`
	FrameHeight       int      `json:"frame_height"`
	Margin            int      `json:"margin"`
	FaceShare         float64  `json:"face_share"`
	FaceWidth         int      `json:"face_width"`
	FaceHeight        int      `json:"face_height"`
	Yaw               float64  `json:"yaw"`
	Pitch             float64  `json:"pitch"`
	Roll              float64  `json:"roll"`
	Mouth             float64  `json:"mouth"`
	MouthStates       []string `json:"mouth_states"`
	Glasses           []string `json:"glasses"`
	AGS               *float64 `json:"ags"` // nil = off
	Liveness          float64  `json:"liveness"`
	Deepfake          float64  `json:"deepfake"`
	ImageModification float64  `json:"image_modification"`
}

func (t *Thresholds) fields() []field {
	return []field{
		{at: &t.Blur, title: "Sharpness", value: 0.61, high: 1, about: "Minimum score. Below it the face is blurred."},
		{at: &t.Light, title: "Over-exposure", value: 0.57, high: 1, about: "Minimum score. Below it the face is over-exposed."},
		{at: &t.Dark, title: "Darkness", value: 0.5, high: 1, about: "Minimum score. Below it the face is too dark."},
		{at: &t.Illumination, title: "Even lighting", value: 0.1, high: 1, about: "Minimum score. Below it the face is lit unevenly."},
		{at: &t.Specularity, title: "Glare", value: 0.1, high: 1, about: "Minimum score. Below it there is glare on the face."},
		{at: &t.FrameWidth, title: "Minimum frame width", high: maxPixels, about: "Pixels. 0: any width."},
		{at: &t.FrameHeight, title: "Minimum frame height", high: maxPixels, about: "Pixels. 0: any height."},
		{
			at: &t.Margin, title: "Minimum margin", value: 10, high: maxPixels,
			about: "Pixels between the face and the edge of the frame. 0: any margin.",
		},
		{
			at: &t.FaceShare, title: "Maximum face share", value: 0.85, low: 0.01, high: 1,
			about: "Fraction of the frame's width or height that the face may fill. Above it the face is too close.",
		},
		{at: &t.FaceWidth, title: "Minimum face width", value: 120, high: maxPixels, about: "Pixels. Narrower faces are refused."},
		{at: &t.FaceHeight, title: "Minimum face height", value: 120, high: maxPixels, about: "Pixels. Smaller faces are refused."},
		{at: &t.Yaw, title: "Maximum yaw", value: 20.0, high: 90, about: "Degrees by which the head may be turned to either side."},
		{at: &t.Pitch, title: "Maximum pitch", value: 20.0, high: 90, about: "Degrees by which the head may be raised or lowered."},
		{at: &t.Roll, title: "Maximum roll", value: 20.0, high: 90, about: "Degrees by which the head may be tilted to either side."},
		{at: &t.Mouth, title: "Mouth score", value: 0.5, high: 1, about: "Score from which the mouth counts as open, smiling or covered."},
		{
			at: &t.MouthStates, title: "Allowed mouth states", value: []string{"smile"},
			oneOf: []string{"opened", "smile", "occluded"}, unique: true,
			about: "States that are allowed besides a closed mouth.",
		},
		{
			at: &t.Glasses, title: "Allowed glasses", value: []string{"no_glasses", "eyeglasses"},
			oneOf: []string{"no_glasses", "eyeglasses", "sunglasses"}, unique: true, low: 1, high: 3,
			about: "Faces with other glasses are refused.",
		},
		{at: &t.AGS, title: "General quality", high: 1, null: "off", about: "Minimum score."},
		{
			at: &t.Liveness, title: "Liveness", value: 0.5, high: 1,
			about: "Minimum score of passive liveness. 0: off, and no network runs; the score in the token is then null.",
		},
		{
			at: &t.Deepfake, title: "Deepfake", high: 1,
			about: "Minimum score, where 1 is a real face. 0: off. The packs that come with the project have no network for it: above 0, " +
				"no session passes with them.",
		},
		{
			at: &t.ImageModification, title: "Image modification", high: 1,
			about: "Minimum score, where 1 is an original image. 0: off; above 0 the worker image-modification is required.",
		},
	}
}
