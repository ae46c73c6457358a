package schemas

import (
	"fmt"
	"regexp"
)

// UIConfig sets the appearance and texts of the user page. The page takes it by name, /?cn=NAME, and has a default for what
// it leaves out. Anyone can read it. The page has the same names in edge/ui/lib/config.ts.
type UIConfig struct {
	Name                  string            `json:"name"`
	RedirectURL           string            `json:"redirect_url,omitempty"` // http, https or a path; where the page goes after a success
	Image                 *UIImage          `json:"image,omitempty"`
	Video                 *UIVideo          `json:"video,omitempty"`
	Mode                  string            `json:"mode,omitempty"`           // selfie or operator; empty = users choose
	ErrorMessages         map[string]string `json:"error_messages,omitempty"` // by code
	SuccessMessage        string            `json:"success_message,omitempty"`
	StartButtonText       string            `json:"start_button_text,omitempty"`
	ModeTooltip           string            `json:"mode_tooltip,omitempty"`
	CameraNotAttachedText string            `json:"camera_not_attached_text,omitempty"`
	Styles                *UIStyles         `json:"styles,omitempty"`
	RequestInterval       int               `json:"request_interval,omitempty"` // minimum time between two pictures, milliseconds
	FrontDetector         *bool             `json:"front_detector,omitempty"`   // send no picture without a face
	ParentOrigins         []string          `json:"parent_origins,omitempty"`   // of pages that may embed the page and receive its result
}

// UIImage describes the picture that is sent: the box in pixels that it must fit into, and its encoding.
type UIImage struct {
	Width    int     `json:"width,omitempty"`
	Height   int     `json:"height,omitempty"`
	MimeType string  `json:"mimetype,omitempty"` // image/jpeg or image/png
	Quality  float64 `json:"quality,omitempty"`  // of JPEG, 0.1 to 1
}

// UIVideo is the size requested from the camera, in pixels.
type UIVideo struct {
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
}

// UIStyles holds colours named by UIColors, as #rgb or #rrggbb with a digit or two for opacity, and sizes named by UISizes, in
// pixels.
type UIStyles struct {
	Colors     map[string]string  `json:"colors,omitempty"`
	DarkColors map[string]string  `json:"dark_colors,omitempty"` // for dark screens
	Sizes      map[string]float64 `json:"sizes,omitempty"`
}

// The ways in which a camera is held.
const (
	ModeSelfie   = "selfie"
	ModeOperator = "operator"
)

// UIColors lists the colours that a UI config can set.
var UIColors = []string{
	"page", "surface", "line", "text", "soft_text", "accent", "accent_strong", "on_accent", "good", "good_soft", "bad", "bad_soft",
}

// UISizes lists the sizes that a UI config can set, with their minimum and maximum in pixels.
var UISizes = map[string][2]float64{
	"text": {12, 24}, "prompt": {14, 40}, "radius": {0, 40}, "button_radius": {0, 40}, "button_height": {44, 80},
}

const (
	maxUIText     = 500 // characters
	maxUIMessages = 200
	maxUIURL      = 2000
	maxUIInterval = 10_000
	maxUIOrigins  = 50
)

var (
	uiName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	uiColor  = regexp.MustCompile(`^#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$`)
	uiOrigin = regexp.MustCompile(`^https?://([a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?$`)
	uiCode   = regexp.MustCompile(`^[1-9][0-9]{0,3}$`)
)

func (c *UIConfig) fields() []field {
	text := field{allowed: isUIText, want: fmt.Sprintf("must have at most %d characters, without control characters", maxUIText)}
	at := func(v *string) field { f := text; f.at = v; return f }
	return []field{
		{at: &c.Name, empty: true, shape: uiName, want: wantUIName},
		{at: &c.RedirectURL, empty: true, allowed: isUIURL, want: fmt.Sprintf(
			`must begin with https://, http:// or /, have no password, spaces or \, and at most %d characters`, maxUIURL)},
		{at: &c.Image},
		{at: &c.Video},
		{at: &c.Mode, empty: true, oneOf: []string{ModeSelfie, ModeOperator}},
		{
			at: &c.ErrorMessages, high: maxUIMessages, item: &text, anyKey: uiCode.MatchString,
			wantKey: fmt.Sprintf("the key must be a code from 1 to 9999, such as %d", CodeLivenessFailed),
		},
		at(&c.SuccessMessage),
		at(&c.StartButtonText),
		at(&c.ModeTooltip),
		at(&c.CameraNotAttachedText),
		{at: &c.Styles},
		{at: &c.RequestInterval, high: maxUIInterval},
		{at: &c.FrontDetector},
		{at: &c.ParentOrigins, high: maxUIOrigins, allowed: isOrigin, want: "must be an origin such as https://shop.example"},
	}
}

func (i *UIImage) fields() []field {
	return []field{
		{at: &i.Width, empty: true, low: 64, high: 4096},
		{at: &i.Height, empty: true, low: 64, high: 4096},
		{at: &i.MimeType, empty: true, oneOf: []string{"image/jpeg", "image/png"}},
		{at: &i.Quality, empty: true, low: 0.1, high: 1},
	}
}

func (v *UIVideo) fields() []field {
	return []field{
		{at: &v.Width, empty: true, low: 160, high: 7680},
		{at: &v.Height, empty: true, low: 120, high: 4320},
	}
}

func (s *UIStyles) fields() []field {
	colors, sizes := map[string]field{}, map[string]field{}
	for _, name := range UIColors {
		colors[name] = field{shape: uiColor, want: "must be a colour such as #1d4ed8"}
	}
	for name, bounds := range UISizes {
		sizes[name] = field{low: bounds[0], high: bounds[1]}
	}
	return []field{{at: &s.Colors, keys: colors}, {at: &s.DarkColors, keys: colors}, {at: &s.Sizes, keys: sizes}}
}

const (
	uiDocument = "UI config"
	wantUIName = "must have 1 to 64 letters, digits, - and _, and begin with a letter or digit"
)

// CheckUIName returns a *DocumentError unless a UI config can have the name.
func CheckUIName(name string) error {
	f := field{shape: uiName, want: wantUIName}
	return in(uiDocument, f.checkText(name, "name"))
}

// ParseUIConfig reads the UI config with a name, which the document may leave out. What it leaves out, or sets to null, keeps
// the page's default. The error is a *DocumentError for a key that does not exist or is there twice, a value of the wrong
// type and one that is not allowed.
func ParseUIConfig(name string, document []byte) (*UIConfig, error) {
	if err := CheckUIName(name); err != nil {
		return nil, err
	}
	c := &UIConfig{}
	if _, err := parse(document, c, false); err != nil {
		return nil, in(uiDocument, err)
	}
	if c.Name == "" {
		c.Name = name
	}
	if c.Name != name {
		return nil, in(uiDocument, invalid("name", fmt.Sprintf("must be %q, as it is stored, or left out", name)))
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}

// Validate returns a *DocumentError for the first field that is wrong.
func (c *UIConfig) Validate() error {
	if err := CheckUIName(c.Name); err != nil {
		return err
	}
	return in(uiDocument, check(c, ""))
}
