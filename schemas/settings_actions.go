package schemas

import "time"

// ActiveLivenessSettings state which actions users are asked for.
type ActiveLivenessSettings struct {
	IsEnabled           bool     `json:"is_enabled"`
	CooldownFramesCount int      `json:"cooldown_frames_count"`
	InteractionList     []string `json:"interaction_list"`
	InteractionCount    int      `json:"interaction_count"`
	InteractionOrder    string   `json:"interaction_order"`
	YawStartDeg         float64  `json:"yaw_start_deg"`
	YawThresholdDeg     float64  `json:"yaw_threshold_deg"`
	PitchStartDeg       float64  `json:"pitch_start_deg"`
	PitchThresholdDeg   float64  `json:"pitch_threshold_deg"`
	StepMinSeconds      float64  `json:"step_min_seconds"`
	StepTimeoutSeconds  float64  `json:"step_timeout_seconds"`
	MaxFailedSteps      int      `json:"max_failed_steps"`
}

// The actions that users can be asked for.
const (
	ActionBlink     = "blink"
	ActionYawLeft   = "yaw_left"
	ActionYawRight  = "yaw_right"
	ActionPitchUp   = "pitch_up"
	ActionPitchDown = "pitch_down"
)

var everyAction = []string{ActionBlink, ActionYawLeft, ActionYawRight, ActionPitchUp, ActionPitchDown}

// SettleTime is the shortest rest after an action. A picture that fades from one into another is at rest only then, and would
// not yet look the same as before.
const SettleTime = 500 * time.Millisecond

const maxAngle = 90 // degrees

func (a *ActiveLivenessSettings) fields() []field {
	return []field{
		{at: &a.IsEnabled, title: "Enabled", value: true, about: "Asks users to perform actions."},
		{
			at: &a.CooldownFramesCount, title: "Cooldown frames", value: 2, high: 1000,
			about: "Number of frames judged after the last action before a session can succeed.",
		},
		{
			at: &a.InteractionList, title: "Actions", value: everyAction, oneOf: everyAction, unique: true,
			about: "Actions that users can be asked to perform.",
		},
		{
			at: &a.InteractionCount, title: "Number of actions", value: 3, low: 1, high: 5,
			about: "How many of the actions users are asked to perform; at most as many as the list has. With a shorter list, " +
				"the default is the length of the list.",
		},
		{
			at: &a.InteractionOrder, title: "Order of actions", value: "random", oneOf: []string{"random", "sequential"},
			about: "random: drawn for each session. sequential: in the order of the list.",
		},
		{
			at: &a.YawStartDeg, title: "Starting yaw", value: 10.0, low: 1, high: maxAngle,
			about: "Degrees to either side within which the head counts as looking straight ahead.",
		},
		{
			at: &a.YawThresholdDeg, title: "Target yaw", value: 25.0, low: 1, high: maxAngle,
			about: "Degrees that a turn of the head must reach; not less than the starting yaw.",
		},
		{
			at: &a.PitchStartDeg, title: "Starting pitch", value: 10.0, low: 1, high: maxAngle,
			about: "Degrees up or down within which the head counts as looking straight ahead.",
		},
		{
			at: &a.PitchThresholdDeg, title: "Target pitch", value: 20.0, low: 1, high: maxAngle,
			about: "Degrees that raising or lowering the chin must reach; not less than the starting pitch.",
		},
		{
			at: &a.StepMinSeconds, title: "Minimum action time", value: 0.1, high: 60,
			about: "Seconds. An action done faster does not count as done by a person.",
		},
		{
			at: &a.StepTimeoutSeconds, title: "Maximum action time", value: 10.0, high: 3600,
			about: "Seconds. An action that takes longer has failed, and another one is requested. 0: no limit.",
		},
		{
			at: &a.MaxFailedSteps, title: "Failed actions", value: 3, low: noLimit, high: maxLimit,
			null: "no limit, as -1", none: noLimit,
			about: "How many actions may fail; with one more the session fails. -1: no limit.",
		},
	}
}

func (a *ActiveLivenessSettings) checks() []error {
	return []error{
		within("active_liveness.interaction_count", a.InteractionCount, 1, max(1, len(a.InteractionList))),
		within("active_liveness.yaw_threshold_deg", a.YawThresholdDeg, a.YawStartDeg, maxAngle),
		within("active_liveness.pitch_threshold_deg", a.PitchThresholdDeg, a.PitchStartDeg, maxAngle),
	}
}
