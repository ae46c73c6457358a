package schemas

// Session holds the rules that apply to all frames of a session.
type Session struct {
	MaxAttempts            int     `json:"max_attempts"`
	MaxLivenessAttempts    int     `json:"max_liveness_attempts"`
	AggregateFrames        int     `json:"aggregate_frames"`
	AcceptOneEyeOpen       bool    `json:"accept_one_eye_open"`
	PreviousFaceSimilarity float64 `json:"previous_face_similarity"`
	ReferenceSimilarity    float64 `json:"reference_similarity"`
	MultifacePolicy        int     `json:"multiface_policy"`
	DurationSeconds        float64 `json:"duration_seconds"`
	IdleSeconds            float64 `json:"idle_seconds"`
	ReuseIDs               bool    `json:"reuse_ids"`
}

// noLimit is stored for a number that null or -1 leaves without a limit.
const (
	noLimit  = -1
	maxLimit = 1_000_000
)

func (s *Session) fields() []field {
	return []field{
		// Simulated people who passed used 46 attempts and 0 at liveness at most, see workers/README.md.
		{
			at: &s.MaxAttempts, title: "Maximum attempts", value: 600, low: noLimit, high: maxLimit, not0: true,
			null: "no limit, as -1", none: noLimit,
			about: "Number of failed frames after which a session fails; frames that only wait for the person do not count. -1: no limit.",
		},
		{
			at: &s.MaxLivenessAttempts, title: "Maximum liveness attempts", value: 100, low: noLimit, high: maxLimit, not0: true,
			null: "no limit, as -1", none: noLimit,
			about: "Number of frames judged for liveness and failed after which a session fails. -1: no limit.",
		},
		{
			at: &s.AggregateFrames, title: "Frames per decision", value: 5, low: 1, high: 100,
			about: "Number of accepted frames that a session needs to succeed.",
		},
		{
			at: &s.AcceptOneEyeOpen, title: "Accept one open eye",
			about: "A face with one closed or covered eye passes the eye checks. A blink still needs both eyes.",
		},
		{
			at:    &s.PreviousFaceSimilarity,
			title: "Same-person similarity",
			value: 0.85,
			high:  1,
			about: "Minimum similarity to the previous face and to the first face of the session for them to count as the same person. 0: off.",
		},
		{
			at: &s.ReferenceSimilarity, title: "Reference similarity", value: 0.85, high: 1,
			about: "Minimum similarity for a reference face to count as matched.",
		},
		{
			at: &s.MultifacePolicy, title: "Several faces", high: 2,
			about: "0: exactly one face is allowed. 1: the largest face is judged. 2: the face nearest to the centre is judged.",
		},
		{
			at: &s.DurationSeconds, title: "Maximum duration", value: 120.0, low: noLimit, high: 86400, not0: true,
			null: "no limit, as -1", none: float64(noLimit),
			about: "Seconds from the first frame after which a session fails. -1: no limit.",
		},
		{
			at: &s.IdleSeconds, title: "Maximum silence", value: 120.0, low: 1, high: 86400,
			about: "Seconds without any sign of life from the client, such as a message or the answer to a heartbeat, after which a " +
				"session ends.",
		},
		{
			at: &s.ReuseIDs, title: "Use IDs again",
			about: "A client that asks for the ID of a session without a token that has ended gets a new session, with an ID of its own and that " +
				"one as its label. Off: it is refused (1013).",
		},
	}
}

// ROI is the part of the frame that the face must be in. Values up to 1 are fractions of the frame, larger ones are pixels.
type ROI struct {
	CenterX float64 `json:"center_x"`
	CenterY float64 `json:"center_y"`
	Width   float64 `json:"width"`
	Height  float64 `json:"height"`
}

const (
	maxPixels = 16384
	minRegion = 0.1 // of the frame: no face fits into less
)

func (r *ROI) fields() []field {
	const unit = " Up to 1: a fraction of the frame; above 1: pixels."
	return []field{
		{at: &r.CenterX, title: "Centre, horizontal", value: 0.5, high: maxPixels, about: "Distance of the centre from the left." + unit},
		{at: &r.CenterY, title: "Centre, vertical", value: 0.5, high: maxPixels, about: "Distance of the centre from the top." + unit},
		{at: &r.Width, title: "Width", value: 1.0, low: minRegion, high: maxPixels, about: "Width of the region." + unit},
		{at: &r.Height, title: "Height", value: 1.0, low: minRegion, high: maxPixels, about: "Height of the region." + unit},
	}
}
