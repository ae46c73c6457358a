package schemas

// The results of a check. A session whose check failed passes only where the settings ask to record it.
const (
	CheckPassed = "passed"
	CheckFailed = "failed"
	NotChecked  = "not_checked"
)

// The checks that a token names.
const (
	CheckLiveness          = "liveness"
	CheckActiveLiveness    = "activeLiveness"
	CheckDeepfake          = "deepfake"
	CheckSameFace          = "sameFace"
	CheckVirtualCamera     = "virtualCamera"
	CheckImageModification = "imageModification"
	CheckLightChallenge    = "lightChallenge"
)

// ClientCheck says how a check of a session that passed ended, and what made it.
type ClientCheck struct {
	Result  string   `json:"result"`            // passed, failed (it was only to be recorded) or not_checked
	Pack    string   `json:"pack,omitempty"`    // name and version of the model pack
	Digest  string   `json:"digest,omitempty"`  // of the pack
	Score   *float64 `json:"score,omitempty"`   // of the virtual-camera check and the light challenge
	Signals []string `json:"signals,omitempty"` // the evidence against a camera
	Actions []string `json:"actions,omitempty"` // that were done, in order
}

func clientChecks(d *Decision) map[string]ClientCheck {
	if len(d.GetChecks()) == 0 { // a decision of an earlier version
		return nil
	}
	out := map[string]ClientCheck{}
	for _, c := range d.GetChecks() {
		check := ClientCheck{Result: c.GetResult(), Pack: c.GetPack(), Digest: c.GetDigest()}
		if c.GetResult() != NotChecked {
			switch c.GetName() {
			case CheckActiveLiveness:
				check.Actions = d.GetState().GetActions()
			case CheckVirtualCamera:
				camera := d.GetEstimations().GetVirtualCamera()
				check.Score, check.Signals = &camera.Score, camera.GetSignals()
			case CheckLightChallenge:
				check.Score = d.GetEstimations().GetLightChallenge().Score
			}
		}
		out[c.GetName()] = check
	}
	return out
}
