package schemas

import (
	"encoding/json"
	"fmt"
)

// Settings state how sessions are judged. One document holds them all; a session keeps the revision it started with. What
// belongs to a process (addresses, keys, threads) is environment, not settings. SETTINGS.md lists every setting with its
// meaning, bounds and default; it is generated from the fields methods of this package.
type Settings struct {
	Env                  string                 `json:"env"`
	Session              Session                `json:"session"`
	ROI                  ROI                    `json:"roi"`
	Thresholds           Thresholds             `json:"thresholds"`
	ActiveLiveness       ActiveLivenessSettings `json:"active_liveness"`
	LightChallenge       LightChallengeSettings `json:"light_challenge"`
	VirtualCameraChecker VirtualCameraChecker   `json:"virtual_camera_checker"`
	Token                TokenSettings          `json:"token"`
	FileLogger           FileLogger             `json:"file_logger"`
	Lockout              Lockout                `json:"lockout"`
	Video                Video                  `json:"video"`
	VideoRedis           VideoRedis             `json:"video_redis"`
	Workers              []WorkerEntry          `json:"workers"`
}

func (s *Settings) fields() []field {
	return []field{
		{
			at: &s.Env, title: "Environment", value: "production", oneOf: []string{"development", "production"},
			about: "In development, clients receive every estimation and a weak token key is allowed.",
		},
		{at: &s.Session, title: "Session", about: "Rules that apply to all frames of a session."},
		{
			at: &s.ROI, title: "Region of interest",
			about: "The part of the frame that the face must be in. Values up to 1 are fractions of the frame, larger ones are pixels.",
		},
		{
			at: &s.Thresholds, title: "Checks",
			about: "Limits of the individual checks. Scores range from 0 to 1, where 1 is good.",
		},
		{at: &s.ActiveLiveness, title: "Active liveness", about: "The actions that users are asked to perform."},
		{
			at: &s.LightChallenge, title: "Light challenge",
			about: "Lights the face with the colours of the screen and checks that it responds.",
		},
		{
			at: &s.VirtualCameraChecker, title: "Virtual cameras",
			about: "How to treat sessions whose frames do not seem to come from a camera.",
		},
		{at: &s.Token, title: "Token", about: "The signed token of a session that passed: for whom it is, how long it counts, and what it holds of the best shot."},
		{at: &s.FileLogger, title: "Log on disk", about: "Writes every frame and its results to files."},
		{at: &s.Lockout, title: "Lock-out", about: "How often one person, or one address, may fail."},
		{at: &s.Video, title: "Video", about: "How the frames of a session become a video file."},
		{at: &s.VideoRedis, title: "Redis", about: "Where finished videos are announced."},
		{
			at: &s.Workers, title: "Workers", value: defaultWorkers,
			about: "The workers that judge faces. Those that come with Selene are added, as required, when a check that is on needs them.",
		},
	}
}

// DefaultSettings returns the settings of an empty document.
func DefaultSettings() *Settings {
	s := &Settings{}
	setDefaults(s)
	return s
}

// Development reports whether clients receive every estimation and weak keys are allowed.
func (s *Settings) Development() bool { return s.Env == "development" }

// ParseSettings reads a settings document. What it leaves out, or sets to null, keeps its default, except where null has a
// special meaning (max_attempts, max_liveness_attempts, ags). The error is a *DocumentError for a key that does not
// exist or is there twice, a value of the wrong type and one that is out of range.
func ParseSettings(document []byte) (*Settings, error) {
	s, err := parseSettings(document, false)
	return s, in(settingsDocument, err)
}

// ParseStoredSettings reads settings that were stored as a whole. It differs from ParseSettings in a list that reads null:
// earlier versions stored an empty list in that way.
func ParseStoredSettings(document []byte) (*Settings, error) {
	s, err := parseSettings(document, true)
	return s, in(settingsDocument, err)
}

const settingsDocument = "settings"

func parseSettings(document []byte, stored bool) (*Settings, error) {
	s := &Settings{}
	given, err := parse(document, s, stored)
	if err != nil {
		return nil, err
	}
	s.addWorkers()
	// A list that is shorter than the default count is fine unless the document sets that count.
	if n := len(s.ActiveLiveness.InteractionList); !given["active_liveness.interaction_count"] && s.ActiveLiveness.InteractionCount > n {
		s.ActiveLiveness.InteractionCount = n
	}
	if err := s.validate(); err != nil {
		return nil, err
	}
	s.Video.Bitrate = onLadder(s.Video.Bitrate)
	return s, nil
}

// Validate returns a *DocumentError for the first value that is not allowed.
func (s *Settings) Validate() error { return in(settingsDocument, s.validate()) }

func (s *Settings) validate() error {
	if err := check(s, ""); err != nil {
		return err
	}
	checks := append(s.ActiveLiveness.checks(), s.Video.checks()...)
	checks = append(append(checks, s.VideoRedis.checks()...), s.Token.checks()...)
	return firstOf(append(checks, workerChecks(s.Workers)...))
}

// firstOf returns the first error of a list, or nil.
func firstOf(checks []error) error {
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}

// SettingsSchema returns the JSON Schema (2020-12) of the settings document: the title, meaning, bounds and default of every
// setting, in the order of the document. A few rules between settings are not in it, such as that a video has a bit rate or
// a quality; Validate checks them.
func SettingsSchema() ([]byte, error) {
	root := schemaOf(DefaultSettings(), true)
	root.Schema, root.Title = "https://json-schema.org/draft/2020-12/schema", "Settings"
	root.Description = "How sessions are judged. " + nullRule
	data, err := json.Marshal(root)
	if err != nil {
		return nil, fmt.Errorf("encode the schema of the settings: %w", err)
	}
	return data, nil
}

const nullRule = "A setting that is left out, or null, keeps its default; where null has a meaning of its own, the description states it."
