package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// UIConfig is what the user page looks like and says for one of its users: the page takes it by name, /?cn=NAME. What it
// leaves out the page has a default for. Anyone can read it.
type UIConfig struct {
	Name                  string            `json:"name"`
	RedirectURL           string            `json:"redirect_url,omitempty"`     // http or https; where the page goes after a success
	Mode                  string            `json:"mode,omitempty"`             // selfie or operator; else the person chooses
	ImageWidth            int               `json:"image_width,omitempty"`      // pixels of the pictures that are sent at most
	ImageHeight           int               `json:"image_height,omitempty"`     // pixels
	VideoWidth            int               `json:"video_width,omitempty"`      // pixels the camera is asked for
	VideoHeight           int               `json:"video_height,omitempty"`     // pixels
	FrontDetector         *bool             `json:"front_detector,omitempty"`   // send no picture without a face
	RequestInterval       int               `json:"request_interval,omitempty"` // milliseconds from one picture to the next at least
	ErrorMessages         map[string]string `json:"error_messages,omitempty"`   // by code
	SuccessMessage        string            `json:"success_message,omitempty"`
	StartButtonText       string            `json:"start_button_text,omitempty"`
	ModeTooltip           string            `json:"mode_tooltip,omitempty"`
	CameraNotAttachedText string            `json:"camera_not_attached_text,omitempty"`
	Styles                map[string]string `json:"styles,omitempty"` // by UIColors and UISizes
}

// The ways a camera is held.
const (
	ModeSelfie   = "selfie"
	ModeOperator = "operator"
)

// UIColors are the styles that are colours: #rgb, #rrggbb or #rrggbbaa.
var UIColors = []string{"page", "surface", "line", "ink", "soft", "accent", "on_accent", "good", "bad", "oval"}

// UISizes are the styles that are sizes: a number and px, rem, em or %.
var UISizes = []string{"font_size", "button_font_size", "corner_radius", "oval_width"}

const (
	maxUIName     = 64
	maxUIText     = 500 // characters
	maxUIMessages = 200
	maxUIURL      = 2000
	maxUIPixels   = 8192
	maxUIInterval = 10_000
	maxUICode     = 9999
)

var (
	uiName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	uiColor = regexp.MustCompile(`^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$`)
	uiSize  = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,2})?(px|rem|em|%)$`)
	uiCode  = regexp.MustCompile(`^[1-9][0-9]{0,3}$`)
)

// UIConfigError names the field of a UI config that is wrong and what is allowed there.
type UIConfigError struct {
	Path string // dotted, such as "styles.accent"; empty when the document itself is wrong
	Want string
}

func (e *UIConfigError) Error() string {
	if e.Path == "" {
		return "UI config: " + e.Want
	}
	return fmt.Sprintf("UI config: %s: %s", e.Path, e.Want)
}

// CheckUIName returns a *UIConfigError unless a UI config can have that name.
func CheckUIName(name string) error {
	if uiName.MatchString(name) {
		return nil
	}
	return &UIConfigError{"name", fmt.Sprintf("must have 1 to %d letters, digits, - and _, and begin with a letter or digit, not %.70q", maxUIName, name)}
}

// ParseUIConfig reads the UI config with a name; the document may leave the name out. A key that does not exist, or a
// value that cannot be, is a *UIConfigError.
func ParseUIConfig(name string, document []byte) (*UIConfig, error) {
	if err := CheckUIName(name); err != nil {
		return nil, err
	}
	c := &UIConfig{}
	d := json.NewDecoder(bytes.NewReader(document))
	d.DisallowUnknownFields()
	if err := d.Decode(c); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return nil, &UIConfigError{wrong.Field, fmt.Sprintf("must be %s, not %s", kindName(wrong.Type.Kind().String()), wrong.Value)}
		}
		if key, unknown := strings.CutPrefix(err.Error(), `json: unknown field "`); unknown {
			return nil, &UIConfigError{strings.TrimSuffix(key, `"`), "there is no such field"}
		}
		return nil, &UIConfigError{Want: "must be one JSON object: " + err.Error()}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &UIConfigError{Want: "must be one JSON object, there is more after it"}
	}
	if c.Name == "" {
		c.Name = name
	}
	if c.Name != name {
		return nil, &UIConfigError{"name", fmt.Sprintf("must be %q, as it is stored, or left out", name)}
	}
	return c, c.Validate()
}

// Validate returns a *UIConfigError for the first field that is wrong.
func (c *UIConfig) Validate() error {
	checks := []error{
		CheckUIName(c.Name), uiURL("redirect_url", c.RedirectURL),
		uiWithin("image_width", c.ImageWidth, maxUIPixels), uiWithin("image_height", c.ImageHeight, maxUIPixels),
		uiWithin("video_width", c.VideoWidth, maxUIPixels), uiWithin("video_height", c.VideoHeight, maxUIPixels),
		uiWithin("request_interval", c.RequestInterval, maxUIInterval),
		uiText("success_message", c.SuccessMessage), uiText("start_button_text", c.StartButtonText),
		uiText("mode_tooltip", c.ModeTooltip), uiText("camera_not_attached_text", c.CameraNotAttachedText),
	}
	if c.Mode != "" && c.Mode != ModeSelfie && c.Mode != ModeOperator {
		checks = append(checks, &UIConfigError{"mode", fmt.Sprintf("must be %s, %s or left out, not %.40q", ModeSelfie, ModeOperator, c.Mode)})
	}
	if len(c.ErrorMessages) > maxUIMessages {
		checks = append(checks, &UIConfigError{"error_messages", fmt.Sprintf("must have %d texts at most", maxUIMessages)})
	}
	for _, code := range slices.Sorted(maps.Keys(c.ErrorMessages)) {
		path := "error_messages." + code
		if !uiCode.MatchString(code) {
			checks = append(checks, &UIConfigError{path, fmt.Sprintf("the key must be a code from 1 to %d, such as %d", maxUICode, CodeLivenessFailed)})
		}
		checks = append(checks, uiText(path, c.ErrorMessages[code]))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Styles)) {
		checks = append(checks, uiStyle(name, c.Styles[name]))
	}
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}

func uiWithin(path string, v, high int) error {
	if v >= 0 && v <= high {
		return nil
	}
	return &UIConfigError{path, "must be from 0 to " + strconv.Itoa(high) + ", not " + strconv.Itoa(v)}
}

// uiURL lets no scheme through that a browser would run.
func uiURL(path, v string) error {
	if v == "" {
		return nil
	}
	u, err := url.Parse(v)
	if err != nil || len(v) > maxUIURL || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsFunc(v, unicode.IsSpace) {
		return &UIConfigError{path, fmt.Sprintf("must be a whole address that begins with https:// or http://, has no password and at most %d characters", maxUIURL)}
	}
	return nil
}

func uiText(path, v string) error {
	bad := func(r rune) bool { return unicode.IsControl(r) && r != '\n' }
	if utf8.RuneCountInString(v) > maxUIText || strings.ContainsFunc(v, bad) {
		return &UIConfigError{path, fmt.Sprintf("must have at most %d characters, none of which are control characters", maxUIText)}
	}
	return nil
}

func uiStyle(name, v string) error {
	path := "styles." + name
	switch {
	case slices.Contains(UIColors, name):
		if !uiColor.MatchString(v) {
			return &UIConfigError{path, fmt.Sprintf("must be a colour such as #1d4ed8, not %.40q", v)}
		}
	case slices.Contains(UISizes, name):
		if !uiSize.MatchString(v) {
			return &UIConfigError{path, fmt.Sprintf("must be a size such as 18px, 1.2rem or 50%%, not %.40q", v)}
		}
	default:
		return &UIConfigError{path, "there is no such style; known are " + strings.Join(append(slices.Clone(UIColors), UISizes...), ", ")}
	}
	return nil
}
