package schemas

// Settings is how sessions are judged. One document holds all of it; a session keeps the revision it started with.
// What belongs to a process (addresses, keys, threads) is environment, not settings.
type Settings struct {
	Env                  string                 `json:"env"` // development or production
	Session              Session                `json:"session"`
	ROI                  ROI                    `json:"roi"`
	Thresholds           Thresholds             `json:"thresholds"`
	ActiveLiveness       ActiveLivenessSettings `json:"active_liveness"`
	VirtualCameraChecker VirtualCameraChecker   `json:"virtual_camera_checker"`
	FileLogger           FileLogger             `json:"file_logger"`
	Video                Video                  `json:"video"`
	VideoRedis           VideoRedis             `json:"video_redis"`
	Workers              []WorkerEntry          `json:"workers"`
}

// Session holds the rules over the frames of a session.
type Session struct {
	MaxAttempts            int     `json:"max_attempts"`          // judged frames; -1 = no limit
	MaxLivenessAttempts    int     `json:"max_liveness_attempts"` // frames that reached liveness; -1 = no limit
	AggregateFrames        int     `json:"aggregate_frames"`      // accepted frames a pass is decided over
	AcceptOneEyeOpen       bool    `json:"accept_one_eye_open"`
	PreviousFaceSimilarity float64 `json:"previous_face_similarity"` // 0..1; 0 = off
	ReferenceSimilarity    float64 `json:"reference_similarity"`     // 0..1, from which a reference face counts as matched
	MultifacePolicy        int     `json:"multiface_policy"`         // 0 = exactly one, 1 = largest, 2 = nearest to the centre
}

// ROI is the part of the frame where the face shall be. Values up to 1 are fractions, above 1 pixels.
type ROI struct {
	CenterX float64 `json:"center_x"`
	CenterY float64 `json:"center_y"`
	Width   float64 `json:"width"`
	Height  float64 `json:"height"`
}

// Thresholds of the single checks. Scores are 0..1 with 1 = fine, sizes are pixels, angles degrees.
type Thresholds struct {
	Blur              float64  `json:"blur"`
	Light             float64  `json:"light"`
	Dark              float64  `json:"dark"`
	Illumination      float64  `json:"illumination"`
	Specularity       float64  `json:"specularity"`
	FrameWidth        int      `json:"frame_width"`  // the least; 0 = any
	FrameHeight       int      `json:"frame_height"` // the least; 0 = any
	Margin            int      `json:"margin"`       // between face and frame, the least; 0 = any
	FaceShare         float64  `json:"face_share"`   // of the frame's width or height that the face may take at most
	FaceWidth         int      `json:"face_width"`
	FaceHeight        int      `json:"face_height"`
	Yaw               float64  `json:"yaw"`
	Pitch             float64  `json:"pitch"`
	Roll              float64  `json:"roll"`
	Mouth             float64  `json:"mouth"`
	MouthStates       []string `json:"mouth_states"` // allowed besides closed: opened, smile, occluded
	Glasses           []string `json:"glasses"`      // allowed: no_glasses, eyeglasses, sunglasses
	AGS               *float64 `json:"ags"`          // null = off
	Liveness          float64  `json:"liveness"`
	Deepfake          float64  `json:"deepfake"`           // 0 = off
	ImageModification float64  `json:"image_modification"` // 0 = off
}

// ActiveLivenessSettings say which actions a person is asked for.
type ActiveLivenessSettings struct {
	IsEnabled           bool     `json:"is_enabled"`
	CooldownFramesCount int      `json:"cooldown_frames_count"`
	InteractionList     []string `json:"interaction_list"`
	InteractionCount    int      `json:"interaction_count"`
	InteractionOrder    string   `json:"interaction_order"` // random or sequential
	YawStartDeg         float64  `json:"yaw_start_deg"`
	YawThresholdDeg     float64  `json:"yaw_threshold_deg"`
	PitchStartDeg       float64  `json:"pitch_start_deg"`
	PitchThresholdDeg   float64  `json:"pitch_threshold_deg"`
	StepMinSeconds      float64  `json:"step_min_seconds"`     // an action done sooner after it was asked for was not done by a person
	StepTimeoutSeconds  float64  `json:"step_timeout_seconds"` // one that takes longer begins anew; 0 = no limit
}

// VirtualCameraChecker says what becomes of sessions whose frames do not seem to come from a camera.
type VirtualCameraChecker struct {
	IsEnabled bool     `json:"is_enabled"`
	Policy    string   `json:"policy"`   // log or reject
	Denylist  []string `json:"denylist"` // parts of camera labels, in any case
}

// FileLogger says whether and where sessions are written to disk.
type FileLogger struct {
	IsEnabled bool   `json:"is_enabled"`
	Path      string `json:"path"`
}

// Video says how a session's frames become a file.
type Video struct {
	Codec          string `json:"codec"`           // H264, H265 or VP9
	FramesLimit    int    `json:"frames_limit"`    // 0 = all, N = the last N
	Expires        int    `json:"expires"`         // seconds frames are kept after their video was finished; 0 = as long as their stream keeps them, for exports and re-runs
	ResultTTL      int    `json:"result_ttl"`      // seconds an export that is over, its files and the hash in Redis are kept; 0 = exports as long as states of videos, the hash for ever
	SessionTimeout int    `json:"session_timeout"` // seconds of silence after which a session is over
	Bitrate        int    `json:"bitrate"`         // kbit/s, rounded down to one of BitrateLadder; 0 = by quality
	CRF            int    `json:"crf"`             // constant quality, 1 (best) to 51, for VP9 to 63; 0 = the codec's default
	FrameRate      int    `json:"frame_rate"`      // constant, frames a second; 0 = each frame is shown from when it arrived
	Fragmented     bool   `json:"fragmented"`      // mp4 that can be played while it grows
	Canvas         string `json:"canvas"`          // first or largest: the frame whose size the video has
}

// VideoRedis says where finished videos are announced.
type VideoRedis struct {
	IsEnabled bool          `json:"is_enabled"`
	QueueName string        `json:"queue_name"`
	QueueType string        `json:"queue_type"` // list or stream
	Host      string        `json:"host"`
	Port      int           `json:"port"`
	Number    int           `json:"number"` // of the database
	User      string        `json:"user"`
	Password  string        `json:"password"`
	TLS       bool          `json:"tls"`
	Sentinel  RedisSentinel `json:"sentinel"`
	Cluster   []string      `json:"cluster"` // host:port of some nodes; empty = no cluster
}

// RedisSentinel says which Sentinels know the master; without any, Host is the master.
type RedisSentinel struct {
	MasterName string   `json:"master_name"`
	Sentinels  []string `json:"sentinels"` // host:port
	User       string   `json:"user"`
	Password   string   `json:"password"`
}

// WorkerEntry is a worker that judges the sessions' faces.
type WorkerEntry struct {
	Name     string  `json:"name"`
	Required bool    `json:"required"` // the decision waits for it
	Timeout  float64 `json:"timeout"`  // seconds the decision waits at most
}

// The actions a person can be asked for.
const (
	ActionBlink     = "blink"
	ActionYawLeft   = "yaw_left"
	ActionYawRight  = "yaw_right"
	ActionPitchUp   = "pitch_up"
	ActionPitchDown = "pitch_down"
)

// Names of the workers that come with the project.
const (
	WorkerDetector       = "detector"
	WorkerLiveness       = "liveness"
	WorkerMatcher        = "matcher"
	WorkerActiveLiveness = "active-liveness"
	WorkerVirtualCamera  = "virtual-camera"

	WorkerImageModification = "image-modification"
)

// DefaultSettings are what a document leaves out.
func DefaultSettings() *Settings {
	return &Settings{
		Env: "production",
		Session: Session{
			MaxAttempts: 50, MaxLivenessAttempts: 40, AggregateFrames: 5, PreviousFaceSimilarity: 0.85, ReferenceSimilarity: 0.85,
		},
		ROI: ROI{CenterX: 0.5, CenterY: 0.5, Width: 1, Height: 1},
		Thresholds: Thresholds{
			Blur: 0.61, Light: 0.57, Dark: 0.5, Illumination: 0.1, Specularity: 0.1, Margin: 10, FaceShare: 0.85, FaceWidth: 120, FaceHeight: 120,
			Yaw: 20, Pitch: 20, Roll: 20, Mouth: 0.5, MouthStates: []string{"smile"}, Glasses: []string{"no_glasses", "eyeglasses"},
			Liveness: 0.5, Deepfake: 0.5,
		},
		ActiveLiveness: ActiveLivenessSettings{
			IsEnabled: true, CooldownFramesCount: 2,
			InteractionList:  []string{ActionBlink, ActionYawLeft, ActionYawRight, ActionPitchUp, ActionPitchDown},
			InteractionCount: 3, InteractionOrder: "random",
			YawStartDeg: 10, YawThresholdDeg: 25, PitchStartDeg: 10, PitchThresholdDeg: 20,
			StepMinSeconds: 0.1, StepTimeoutSeconds: 10,
		},
		VirtualCameraChecker: VirtualCameraChecker{
			IsEnabled: true, Policy: "log",
			Denylist: []string{"OBS", "ManyCam", "XSplit", "Snap Camera", "mmhmm", "CamTwist", "SplitCam", "YouCam", "v4l2loopback", "Dummy video device", "DroidCam", "e2eSoft", "Iriun", "Virtual"},
		},
		FileLogger: FileLogger{Path: "./LOGS"},
		Video:      Video{Codec: "H265", ResultTTL: 86400, SessionTimeout: 30, Canvas: "first"},
		VideoRedis: VideoRedis{QueueName: "default", QueueType: "list", Host: "127.0.0.1", Port: 6379, Sentinel: RedisSentinel{Sentinels: []string{}}, Cluster: []string{}},
		Workers: []WorkerEntry{
			{Name: WorkerLiveness, Required: true, Timeout: 5},
			{Name: WorkerMatcher, Required: true, Timeout: 5},
			{Name: WorkerActiveLiveness, Required: true, Timeout: 5},
			{Name: WorkerVirtualCamera, Timeout: 5},
		},
	}
}

// Development says whether clients get every estimation and weak keys are allowed.
func (s *Settings) Development() bool { return s.Env == "development" }

// The states of an eye.
const (
	EyeOpen     = "open"
	EyeClosed   = "closed"
	EyeOccluded = "occluded"
)
