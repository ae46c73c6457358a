package schemas

import (
	"encoding/base64"
	"encoding/json"
	"time"
)

// The JSON that clients of LPProto see. Field names and their order are the protocol's.

// Stats is the body of a STATS message.
type Stats struct {
	IsOK           bool                  `json:"isOk"`
	Errors         []int32               `json:"errors"`
	Estimations    *ClientEstimations    `json:"estimations"`
	ActiveLiveness *ClientActiveLiveness `json:"activeLiveness,omitempty"` // only while actions are requested
	Display        *ClientDisplay        `json:"display,omitempty"`        // only while the light challenge shows colours
}

// ClientDisplay tells a page which colour to show on its whole area until the next reply.
type ClientDisplay struct {
	Colour string `json:"colour"` // such as #ff0000
	Step   uint32 `json:"step"`   // from 1; a step is a colour that was measured
	Steps  uint32 `json:"steps"`
}

// ClientActiveLiveness tells a page which action to show, and how the one before ended.
type ClientActiveLiveness struct {
	Step        uint32 `json:"step"`  // from 1
	Steps       uint32 `json:"steps"` // in the session
	Action      string `json:"action"`
	State       string `json:"state"` // rest, act, return; done after the last
	RemainingMS int64  `json:"remainingMs,omitempty"`
	FailedSteps uint32 `json:"failedSteps"`
	Failure     string `json:"failure,omitempty"` // why an action failed with this frame, such as too_slow
}

// ClientEstimations is the estimations object of STATS and of the token. What was not measured is absent, except for ags,
// deepfake and liveness, which are null.
type ClientEstimations struct {
	FaceCount         *uint32            `json:"faceCount,omitempty"`
	AGS               *float64           `json:"ags"`
	ImageQuality      *ClientQuality     `json:"imageQuality,omitempty"`
	FaceFramePosition *ClientPosition    `json:"faceFramePosition,omitempty"`
	HeadPose          *ClientHeadPose    `json:"headPose,omitempty"`
	Eyes              *ClientEyes        `json:"eyes,omitempty"`
	Mouth             *ClientMouth       `json:"mouth,omitempty"`
	Eyeglasses        string             `json:"eyeglasses,omitempty"`
	Deepfake          *ClientScoredState `json:"deepfake"`
	Liveness          *ClientScore       `json:"liveness"`
	ImageModification *ClientScoredState `json:"imageModification,omitempty"`

	Plugins map[string]json.RawMessage `json:"plugins,omitempty"` // by the name of the plugin
}

// ClientQuality holds scores from 0 to 1, where 1 is good.
type ClientQuality struct {
	Blur          float64 `json:"blur"`
	IsBlurred     bool    `json:"isBlurred"`
	Light         float64 `json:"light"`
	IsHighlighted bool    `json:"isHighlighted"`
	Darkness      float64 `json:"darkness"`
	IsDark        bool    `json:"isDark"`
	Illumination  float64 `json:"illumination"`
	IsIlluminated bool    `json:"isIlluminated"`
	Specularity   float64 `json:"specularity"`
	IsSpecular    bool    `json:"isSpecular"`
}

// ClientRect is a rectangle in pixels.
type ClientRect struct {
	X      int32 `json:"x"`
	Y      int32 `json:"y"`
	Width  int32 `json:"width"`
	Height int32 `json:"height"`
}

// ClientPosition holds the face box, the frame, and the margins top, right, bottom, left.
type ClientPosition struct {
	FaceRect  ClientRect `json:"faceRect"`
	FrameRect ClientRect `json:"frameRect"`
	Margins   []int32    `json:"margins"`
}

// ClientHeadPose holds angles in degrees.
type ClientHeadPose struct {
	Yaw   float64 `json:"yaw"`
	Roll  float64 `json:"roll"`
	Pitch float64 `json:"pitch"`
}

// The states of an eye.
const (
	EyeOpen     = "open"
	EyeClosed   = "closed"
	EyeOccluded = "occluded"
)

// ClientEyes holds the state of each eye: open, closed or occluded.
type ClientEyes struct {
	Left  string `json:"left"`
	Right string `json:"right"`
	State string `json:"state"`
}

// ClientMouth holds scores from 0 to 1, and the state that follows from them.
type ClientMouth struct {
	Opened   *float64 `json:"opened"`
	Smile    *float64 `json:"smile"`
	Occluded *float64 `json:"occluded"`
	State    string   `json:"state"`
}

// ClientScore is a score from 0 to 1, where 1 is good.
type ClientScore struct {
	Score float64 `json:"score"`
}

// ClientScoredState is a score with its state in words.
type ClientScoredState struct {
	Score float64 `json:"score"`
	State string  `json:"state"`
}

// ClientStats returns the body of STATS for a decision. Outside development it holds only the
// codes, the face box, the progress of the actions and the colour to show.
func ClientStats(d *Decision, development bool) any {
	errs := d.GetErrors()
	if errs == nil {
		errs = []int32{}
	}
	full := FullEstimations(d.GetEstimations())
	progress := clientActiveLiveness(d.GetEstimations().GetActiveLiveness())
	display := clientDisplay(d.GetEstimations().GetLightChallenge())
	if development {
		return Stats{Errors: errs, Estimations: full, ActiveLiveness: progress, Display: display}
	}
	box := struct {
		FaceFramePosition *ClientPosition `json:"faceFramePosition,omitempty"`
	}{full.FaceFramePosition}
	return struct {
		IsOK           bool                  `json:"isOk"`
		Errors         []int32               `json:"errors"`
		Estimations    any                   `json:"estimations"`
		ActiveLiveness *ClientActiveLiveness `json:"activeLiveness,omitempty"`
		Display        *ClientDisplay        `json:"display,omitempty"`
	}{false, errs, box, progress, display}
}

func clientDisplay(l *LightChallenge) *ClientDisplay {
	if l.GetDisplay() == "" {
		return nil
	}
	return &ClientDisplay{Colour: l.GetDisplay(), Step: min(l.GetMeasured()+1, l.GetTotal()), Steps: l.GetTotal()}
}

func clientActiveLiveness(a *ActiveLiveness) *ClientActiveLiveness {
	if a == nil {
		return nil
	}
	return &ClientActiveLiveness{
		Step: min(a.GetDone()+1, a.GetTotal()), Steps: a.GetTotal(), Action: a.GetAction(), State: a.GetState(),
		RemainingMS: a.GetRemainingMs(), FailedSteps: a.GetFailedSteps(), Failure: a.GetFailure(),
	}
}

// FullEstimations returns all measurements in the form that clients receive.
func FullEstimations(e *Estimations) *ClientEstimations {
	out := &ClientEstimations{}
	if e == nil {
		return out
	}
	out.FaceCount, out.AGS, out.Eyeglasses = e.FaceCount, e.Ags, e.GetEyeglasses()
	if q := e.GetImageQuality(); q != nil {
		out.ImageQuality = &ClientQuality{
			q.Blur, q.IsBlurred, q.Light, q.IsHighlighted, q.Darkness, q.IsDark,
			q.Illumination, q.IsIlluminated, q.Specularity, q.IsSpecular,
		}
	}
	if p := e.GetFramePosition(); p.GetFace() != nil {
		out.FaceFramePosition = &ClientPosition{clientRect(p.GetFace()), clientRect(p.GetFrame()), p.GetMargins()}
	}
	if h := e.GetHeadPose(); h != nil {
		out.HeadPose = &ClientHeadPose{h.Yaw, h.Roll, h.Pitch}
	}
	if y := e.GetEyes(); y != nil {
		out.Eyes = &ClientEyes{y.Left, y.Right, y.State}
	}
	if m := e.GetMouth(); m != nil {
		out.Mouth = &ClientMouth{m.Opened, m.Smile, m.Occluded, m.State}
	}
	if e.Liveness != nil {
		out.Liveness = &ClientScore{*e.Liveness}
	}
	for name, object := range e.GetPlugins() {
		if out.Plugins == nil {
			out.Plugins = map[string]json.RawMessage{}
		}
		out.Plugins[name] = object
	}
	out.Deepfake = scored(e.Deepfake, "real", "fake")
	out.ImageModification = scored(e.ImageModification, "original", "modified")
	return out
}

func clientRect(r *Rect) ClientRect {
	return ClientRect{r.GetX(), r.GetY(), r.GetWidth(), r.GetHeight()}
}

func scored(score *float64, fine, bad string) *ClientScoredState {
	if score == nil {
		return nil
	}
	if *score >= 0.5 {
		return &ClientScoredState{*score, fine}
	}
	return &ClientScoredState{*score, bad}
}

// Claims is the payload of the signed token.
type Claims struct {
	IsOK         bool                `json:"isOk"`
	Errors       []int32             `json:"errors"`
	BestShot     string              `json:"bestshot,omitempty"`     // base64 of the image, as the settings of the token ask for it
	Estimations  *ClientEstimations  `json:"estimations"`            // of the best shot
	Aggregated   *ClientAggregated   `json:"aggregated,omitempty"`   // over the last accepted frames
	Verification *ClientVerification `json:"verification,omitempty"` // only with a reference face

	Checks   map[string]ClientCheck `json:"checks,omitempty"` // what was checked and what was not, by the name of the check
	IssuedAt int64                  `json:"iat"`
	Expires  int64                  `json:"exp,omitempty"`
	ID       string                 `json:"jti"`             // session ID
	Label    string                 `json:"label,omitempty"` // the ID that the client asked for, if an earlier session has it
	Issuer   string                 `json:"iss,omitempty"`
	Audience string                 `json:"aud,omitempty"`
	Nonce    string                 `json:"nonce,omitempty"` // as the session was created with
	Chain    string                 `json:"chain,omitempty"` // of the last decision, which states all evidence; base64url
}

// ClientAggregated holds what was decided over the window of the session: means of scores and the most frequent states. What was
// not measured is null or absent.
type ClientAggregated struct {
	Liveness          *ClientScore       `json:"liveness"`
	Deepfake          *ClientScoredState `json:"deepfake"`
	ImageModification *ClientScoredState `json:"imageModification"`
	Eyes              string             `json:"eyes,omitempty"`
	Mouth             string             `json:"mouth,omitempty"`
	Eyeglasses        string             `json:"eyeglasses,omitempty"`
}

func aggregated(e *ClientEstimations) *ClientAggregated {
	a := &ClientAggregated{Liveness: e.Liveness, Deepfake: e.Deepfake, ImageModification: e.ImageModification, Eyeglasses: e.Eyeglasses}
	if e.Eyes != nil {
		a.Eyes = e.Eyes.State
	}
	if e.Mouth != nil {
		a.Mouth = e.Mouth.State
	}
	return a
}

// ClaimsOf returns the payload for a decision by which a session passed, without the best shot.
func ClaimsOf(d *Decision, s *TokenSettings) Claims {
	c := Claims{
		IsOK: true, Errors: []int32{}, Estimations: FullEstimations(d.GetEstimations()),
		Aggregated: aggregated(FullEstimations(d.GetEstimations())),
		Checks:     clientChecks(d),
		IssuedAt:   d.GetDecidedUnixNanos() / int64(time.Second), ID: d.GetName().GetSession(),
		Label:  d.GetState().GetLabel(),
		Issuer: s.Issuer, Audience: s.Audience, Nonce: d.GetState().GetNonce(),
		Chain: base64.RawURLEncoding.EncodeToString(d.GetChain()),
	}
	if s.LifetimeSeconds > 0 {
		c.Expires = c.IssuedAt + int64(s.LifetimeSeconds)
	}
	if d.GetBestEstimations() != nil { // absent from decisions of earlier versions
		c.Estimations = FullEstimations(d.GetBestEstimations())
	}
	// A session with a reference face that was never compared counts as not matched.
	if d.GetState().GetReference() != "" {
		v := d.GetEstimations().GetVerification()
		c.Verification = &ClientVerification{Similarity: v.GetSimilarity(), Matched: v.GetMatched()}
	}
	return c
}

// ClientVerification is the comparison with the reference face.
type ClientVerification struct {
	Similarity float64 `json:"similarity"`
	Matched    bool    `json:"matched"`
}
