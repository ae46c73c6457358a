package schemas

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// UIConfig is what the user page looks like and says for one of its users: the page takes it by name, /?cn=NAME. What it
// leaves out the page has a default for. Anyone can read it. The page has the same names in edge/ui/lib/config.ts.
type UIConfig struct {
	Name                  string            `json:"name"`
	RedirectURL           string            `json:"redirect_url,omitempty"` // http, https or a path; where the page goes after a success
	Image                 *UIImage          `json:"image,omitempty"`
	Video                 *UIVideo          `json:"video,omitempty"`
	Mode                  string            `json:"mode,omitempty"`           // selfie or operator; else the person chooses
	ErrorMessages         map[string]string `json:"error_messages,omitempty"` // by code
	SuccessMessage        string            `json:"success_message,omitempty"`
	StartButtonText       string            `json:"start_button_text,omitempty"`
	ModeTooltip           string            `json:"mode_tooltip,omitempty"`
	CameraNotAttachedText string            `json:"camera_not_attached_text,omitempty"`
	Styles                *UIStyles         `json:"styles,omitempty"`
	RequestInterval       int               `json:"request_interval,omitempty"` // milliseconds from one picture to the next at least
	FrontDetector         *bool             `json:"front_detector,omitempty"`   // send no picture without a face
	ParentOrigins         []string          `json:"parent_origins,omitempty"`   // of pages that may embed the page and get its result
}

// UIImage is the picture that is sent: the box in pixels it must fit into, and how it is encoded.
type UIImage struct {
	Width    int     `json:"width,omitempty"`
	Height   int     `json:"height,omitempty"`
	MimeType string  `json:"mimetype,omitempty"` // image/jpeg or image/png
	Quality  float64 `json:"quality,omitempty"`  // of JPEG, 0.1 to 1
}

// UIVideo is what the camera is asked for, in pixels.
type UIVideo struct {
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
}

// UIStyles are colours by UIColors, as #rgb or #rrggbb with a digit or two for opacity, and sizes by UISizes, in pixels.
type UIStyles struct {
	Colors     map[string]string  `json:"colors,omitempty"`
	DarkColors map[string]string  `json:"dark_colors,omitempty"` // for dark screens
	Sizes      map[string]float64 `json:"sizes,omitempty"`
}

// The ways a camera is held.
const (
	ModeSelfie   = "selfie"
	ModeOperator = "operator"
)

// UIColors are the colours a UI config can set.
var UIColors = []string{"page", "surface", "line", "text", "soft_text", "accent", "accent_strong", "on_accent", "good", "good_soft", "bad", "bad_soft"}

// UISizes are the sizes a UI config can set, from and to which pixels.
var UISizes = map[string][2]float64{
	"text": {12, 24}, "prompt": {14, 40}, "radius": {0, 40}, "button_radius": {0, 40}, "button_height": {44, 80},
}

const (
	maxUIName     = 64
	maxUIText     = 500 // characters
	maxUIMessages = 200
	maxUIURL      = 2000
	maxUIInterval = 10_000
	maxUICode     = 9999
	maxUIOrigins  = 50
)

var (
	uiName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	uiColor = regexp.MustCompile(`^#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$`)
	uiCode  = regexp.MustCompile(`^[1-9][0-9]{0,3}$`)
)

// CheckUIName returns a *DocumentError unless a UI config can have that name.
func CheckUIName(name string) error { return in("UI config", checkUIName(name)) }

func checkUIName(name string) error {
	if uiName.MatchString(name) {
		return nil
	}
	return invalid("name", fmt.Sprintf("must have 1 to %d letters, digits, - and _, and begin with a letter or digit, not %.70q", maxUIName, name))
}

// ParseUIConfig reads the UI config with a name; the document may leave the name out. A key that does not exist, or a
// value that cannot be, is a *DocumentError.
func ParseUIConfig(name string, document []byte) (*UIConfig, error) {
	c, err := parseUIConfig(name, document)
	return c, in("UI config", err)
}

func parseUIConfig(name string, document []byte) (*UIConfig, error) {
	if err := checkUIName(name); err != nil {
		return nil, err
	}
	var keys map[string]any
	c := &UIConfig{}
	if err := json.Unmarshal(document, &keys); err != nil || keys == nil {
		return nil, invalid("", "must be one JSON object")
	}
	var unknown *DocumentError
	if err := unknownKey(keys, knownUIKeys(keys), ""); errors.As(err, &unknown) {
		return nil, invalid(unknown.Path, strings.ReplaceAll(unknown.Message, "setting", "field"))
	}
	if err := json.Unmarshal(document, c); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return nil, invalid(wrong.Field, fmt.Sprintf("must be %s, not %s", kindName(wrong.Type.Kind().String()), wrong.Value))
		}
		return nil, invalid("", "must be one JSON object: " + err.Error())
	}
	if c.Name == "" {
		c.Name = name
	}
	if c.Name != name {
		return nil, invalid("name", fmt.Sprintf("must be %q, as it is stored, or left out", name))
	}
	return c, c.validate()
}

// knownUIKeys is a tree with every key there is. The codes of messages are looked at later.
func knownUIKeys(document map[string]any) map[string]any {
	names := func(list ...string) map[string]any {
		out := map[string]any{}
		for _, name := range list {
			out[name] = nil
		}
		return out
	}
	known := names("name", "redirect_url", "mode", "success_message", "start_button_text", "mode_tooltip", "camera_not_attached_text",
		"request_interval", "front_detector", "parent_origins")
	known["image"], known["video"] = names("width", "height", "mimetype", "quality"), names("width", "height")
	known["error_messages"] = document["error_messages"]
	known["styles"] = map[string]any{
		"colors": names(UIColors...), "dark_colors": names(UIColors...), "sizes": names(slices.Sorted(maps.Keys(UISizes))...),
	}
	return known
}

// Validate returns a *DocumentError for the first field that is wrong.
func (c *UIConfig) Validate() error { return in("UI config", c.validate()) }

func (c *UIConfig) validate() error {
	checks := []error{
		checkUIName(c.Name), uiURL("redirect_url", c.RedirectURL), uiOneOf("mode", c.Mode, ModeSelfie, ModeOperator),
		uiText("success_message", c.SuccessMessage), uiText("start_button_text", c.StartButtonText),
		uiText("mode_tooltip", c.ModeTooltip), uiText("camera_not_attached_text", c.CameraNotAttachedText),
		uiWithin("request_interval", float64(c.RequestInterval), 0, maxUIInterval),
	}
	if i := c.Image; i != nil {
		checks = append(checks, uiPixels("image.width", i.Width, 64, 4096), uiPixels("image.height", i.Height, 64, 4096),
			uiOneOf("image.mimetype", i.MimeType, "image/jpeg", "image/png"))
		if i.Quality != 0 {
			checks = append(checks, uiWithin("image.quality", i.Quality, 0.1, 1))
		}
	}
	if v := c.Video; v != nil {
		checks = append(checks, uiPixels("video.width", v.Width, 160, 7680), uiPixels("video.height", v.Height, 120, 4320))
	}
	if len(c.ErrorMessages) > maxUIMessages {
		checks = append(checks, invalid("error_messages", fmt.Sprintf("must have %d texts at most", maxUIMessages)))
	}
	for _, code := range slices.Sorted(maps.Keys(c.ErrorMessages)) {
		path := "error_messages." + code
		if !uiCode.MatchString(code) {
			checks = append(checks, invalid(path, fmt.Sprintf("the key must be a code from 1 to %d, such as %d", maxUICode, CodeLivenessFailed)))
		}
		checks = append(checks, uiText(path, c.ErrorMessages[code]))
	}
	if c.Styles != nil {
		checks = append(checks, c.Styles.checks()...)
	}
	checks = append(checks, uiOrigins(c.ParentOrigins)...)
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *UIStyles) checks() []error {
	checks := append(uiColors("styles.colors.", s.Colors), uiColors("styles.dark_colors.", s.DarkColors)...)
	for _, name := range slices.Sorted(maps.Keys(s.Sizes)) {
		limits, ok := UISizes[name]
		if !ok {
			checks = append(checks, invalid("styles.sizes." + name, "there is no such size"))
		}
		checks = append(checks, uiWithin("styles.sizes."+name, s.Sizes[name], limits[0], limits[1]))
	}
	return checks
}

func uiColors(group string, colors map[string]string) (checks []error) {
	for _, name := range slices.Sorted(maps.Keys(colors)) {
		if !slices.Contains(UIColors, name) || !uiColor.MatchString(colors[name]) {
			checks = append(checks, invalid(group + name, fmt.Sprintf("must be a colour such as #1d4ed8, not %.40q", colors[name])))
		}
	}
	return checks
}

func uiOrigins(list []string) (checks []error) {
	if len(list) > maxUIOrigins {
		checks = append(checks, invalid("parent_origins", fmt.Sprintf("must have %d origins at most", maxUIOrigins)))
	}
	for i, origin := range list {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Scheme+"://"+u.Host != origin || strings.ToLower(origin) != origin {
			checks = append(checks, invalid(fmt.Sprintf("parent_origins.%d", i), fmt.Sprintf("must be an origin such as https://shop.example, not %.80q", origin)))
		}
	}
	return checks
}

func uiWithin(path string, v, low, high float64) error {
	if v >= low && v <= high {
		return nil
	}
	return invalid(path, fmt.Sprintf("must be from %v to %v, not %v", low, high, v))
}

// uiPixels takes 0 as left out.
func uiPixels(path string, v, low, high int) error {
	if v == 0 {
		return nil
	}
	return uiWithin(path, float64(v), float64(low), float64(high))
}

func uiOneOf(path, v string, allowed ...string) error {
	if v == "" || slices.Contains(allowed, v) {
		return nil
	}
	return invalid(path, fmt.Sprintf("must be %s or left out, not %.40q", strings.Join(allowed, ", "), v))
}

// uiURL lets no scheme through that a browser would run, and no path that is another machine.
func uiURL(path, v string) error {
	if v == "" {
		return nil
	}
	u, err := url.Parse(v)
	web := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
	local := err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "//")
	if !web && !local || len(v) > maxUIURL || strings.ContainsFunc(v, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\\' }) {
		return invalid(path, fmt.Sprintf("must begin with https://, http:// or /, have no password, spaces or \\, and at most %d characters", maxUIURL))
	}
	return nil
}

func uiText(path, v string) error {
	bad := func(r rune) bool { return unicode.IsControl(r) && r != '\n' }
	if utf8.RuneCountInString(v) > maxUIText || strings.ContainsFunc(v, bad) {
		return invalid(path, fmt.Sprintf("must have at most %d characters, none of which are control characters", maxUIText))
	}
	return nil
}
