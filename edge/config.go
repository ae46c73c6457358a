package edge

import (
	"fmt"
	"net"
	"time"

	"github.com/selene-liveness/selene/edge/internal/api"
	"github.com/selene-liveness/selene/edge/internal/gateway"
	"github.com/selene-liveness/selene/edge/internal/token"
	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/kept"
	"github.com/selene-liveness/selene/streams/webhook"
)

// Config is the configuration of an edge, from the environment.
type Config struct {
	Addr string `envconfig:"SELENE_ADDR" default:"127.0.0.1:8321" desc:"address that the edge listens on"`

	JWTKey           token.Secret `envconfig:"SELENE_JWT_KEY" desc:"key that signs tokens: EC P-256 private keys in PEM for ES256, of which the first signs, or at least 32 random bytes for HS256, used as they are; an ES256 key is generated and stored in the data folder if empty"`
	JWTKeyFile       string       `envconfig:"SELENE_JWT_KEY_FILE" desc:"file that contains the keys instead; changes are taken up while the edge runs"`
	EvidenceKey      token.Secret `envconfig:"SELENE_EVIDENCE_KEY" desc:"key that signs recordings: Ed25519 private keys in PEM, of which the first signs; generated and stored in the data folder if empty"`
	EvidenceKeyFile  string       `envconfig:"SELENE_EVIDENCE_KEY_FILE" desc:"file that contains the keys instead; changes are taken up while the edge runs"`
	PseudonymKey     token.Secret `envconfig:"SELENE_PSEUDONYM_KEY" desc:"key of the names under which failures of people and addresses are counted: at least 32 random bytes; generated and stored in the data folder if empty"`
	PseudonymKeyFile string       `envconfig:"SELENE_PSEUDONYM_KEY_FILE" desc:"file that contains the key instead"`
	AnchorCommand    string       `envconfig:"SELENE_ANCHOR_COMMAND" desc:"program and its arguments, separated by spaces, that lets somebody else confirm the seal of each session that has ended: it reads the seal and answers with the confirmation; empty = none"`

	AdminToken  token.Secret     `envconfig:"SELENE_ADMIN_TOKEN" desc:"token for /v1 with every right; generated and stored in the data folder if empty"`
	Origins     []string         `envconfig:"SELENE_ORIGINS" desc:"further origins whose pages may connect, separated by commas; * = any"`
	MaxSessions int              `envconfig:"SELENE_MAX_SESSIONS" default:"1000" desc:"maximum number of open sockets"`
	MaxSockets  int              `envconfig:"SELENE_SOCKETS_PER_ADDRESS" desc:"maximum number of open sockets of one address; a tenth of SELENE_MAX_SESSIONS if empty"`
	MaxFrames   int              `envconfig:"SELENE_FRAMES_PER_ADDRESS" default:"16" desc:"frames of one address that are judged at the same time; others wait for their turn"`
	MaxRate     int              `envconfig:"SELENE_FRAME_RATE_PER_ADDRESS" default:"200" desc:"frames that one address may send in a second; others wait"`
	MaxBytes    int              `envconfig:"SELENE_BYTES_PER_ADDRESS" default:"33554432" desc:"bytes of images that one address may send in a second; others wait"`
	PerSockets  int              `envconfig:"SELENE_SOCKETS_PER_PERSON" default:"4" desc:"maximum number of open sockets of sessions whose tickets have the same external ID"`
	PerRate     int              `envconfig:"SELENE_FRAME_RATE_PER_PERSON" default:"30" desc:"frames that such a person, or whoever has a ticket without an external ID, may send in a second; others wait"`
	PerBytes    int              `envconfig:"SELENE_BYTES_PER_PERSON" default:"8388608" desc:"bytes of images that they may send in a second; others wait"`
	MaxBacklog  time.Duration    `envconfig:"SELENE_MAX_BACKLOG" default:"15s" desc:"time for which a frame waits to be judged when new sessions are refused, with ERROR 1009, while those that are open go on"`
	MaxStored   uint64           `envconfig:"SELENE_BYTES_PER_SESSION" default:"268435456" desc:"bytes of the images of one session, which ends with ERROR 1011 if it sends more"`
	MaxMessage  int64            `envconfig:"SELENE_MAX_MESSAGE" default:"10485760" desc:"maximum size of a message in bytes"`
	MaxPixels   int              `envconfig:"SELENE_MAX_PIXELS" default:"12582912" desc:"maximum number of pixels of an image, up to 12582912 (4096 x 3072)"`
	Deadline    time.Duration    `envconfig:"SELENE_DEADLINE" default:"5s" desc:"time after which a frame without a decision is published again"`
	Tokens      string           `envconfig:"SELENE_SESSION_TOKENS" desc:"required = only sessions created with POST /v1/sessions can be opened; optional = others too; empty = required unless the settings are for development, or up listens on this machine alone"`
	Resume      string           `envconfig:"SELENE_RESUME" desc:"required = a session without a token is resumed only with the resume-secret of its CONNECTED; optional = also without, by clients that do not know it; empty = required unless the settings are for development"`
	Proxies     []string         `envconfig:"SELENE_TRUSTED_PROXIES" desc:"addresses and networks, separated by commas, of proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted"`
	RateLimit   float64          `envconfig:"SELENE_RATE_LIMIT" default:"100" desc:"requests per second and address to /v1, /ui-config and /ws, with bursts of four times as many; 0 = no limit"`
	Variant     string           `envconfig:"SELENE_SETTINGS_VARIANT" desc:"variant of the settings for sessions that name none; empty = the main document"`
	Hooks       webhook.Networks `envconfig:"SELENE_WEBHOOKS_ALLOW" desc:"addresses and networks, separated by commas, that webhooks of events and exports may reach besides public addresses, such as 10.1.0.0/16; no proxy is used"`
	DataDir     string           `ignored:"true"` // where generated secrets are stored
}

// Values of SELENE_SESSION_TOKENS and SELENE_RESUME.
const (
	optional = "optional"
	required = "required"
)

// stateSize is reserved in a message of the broker for the state that travels with the image.
const stateSize = 1 << 20

func (c Config) gateway() (gateway.Config, error) {
	const limit = streams.MaxPayload - stateSize
	if c.MaxMessage > limit {
		return gateway.Config{}, fmt.Errorf(
			"SELENE_MAX_MESSAGE is %d: the broker accepts at most %d, the default is %d",
			c.MaxMessage,
			limit,
			lpproto.MaxMessageBytes,
		)
	}
	needsToken, err := demand("SELENE_SESSION_TOKENS", c.Tokens)
	if err != nil {
		return gateway.Config{}, err
	}
	needsSecret, err := demand("SELENE_RESUME", c.Resume)
	if err != nil {
		return gateway.Config{}, err
	}
	return gateway.Config{
		NeedsToken:  needsToken,
		NeedsSecret: needsSecret,
		Address:     api.AddressOf,
		Variant:     c.Variant,
		MaxSessions: c.MaxSessions,
		MaxSockets:  c.MaxSockets,
		MaxFrames:   c.MaxFrames,
		MaxRate:     c.MaxRate,
		MaxBytes:    c.MaxBytes,
		Person:      gateway.Person{MaxSockets: c.PerSockets, MaxRate: c.PerRate, MaxBytes: c.PerBytes},
		MaxBacklog:  c.MaxBacklog,
		MaxStored:   c.MaxStored,
		MaxMessage:  c.MaxMessage,
		MaxPixels:   c.MaxPixels,
		Deadline:    c.Deadline,
		Origins:     c.Origins,
	}, nil
}

// demand returns whether the settings demand what a variable makes required or optional: without a value, unless they are for
// development.
func demand(name, value string) (func(*schemas.Settings) bool, error) {
	switch value {
	case optional:
		return func(*schemas.Settings) bool { return false }, nil
	case required:
		return func(*schemas.Settings) bool { return true }, nil
	case "":
		return func(s *schemas.Settings) bool { return !s.Development() }, nil
	}
	return nil, fmt.Errorf("%s is %q: use %s or %s", name, value, optional, required)
}

// OpenLocally lets sessions be opened without a token if the configuration does not say otherwise and only programs of this machine
// can reach the edge: it listens on a loopback address, and no proxy is trusted. It reports whether it does.
func (c *Config) OpenLocally() bool {
	host, _, err := net.SplitHostPort(c.Addr)
	ip := net.ParseIP(host)
	local := err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
	if c.Tokens != "" || !local || len(c.Proxies) > 0 {
		return false
	}
	c.Tokens = optional
	return true
}

const maxRate = 1e6

func (c Config) guard() (*api.Guard, error) {
	proxies, err := api.ParseProxies(c.Proxies)
	if err != nil {
		return nil, fmt.Errorf("SELENE_TRUSTED_PROXIES: %w", err)
	}
	if !(c.RateLimit >= 0 && c.RateLimit <= maxRate) { // or not a number
		return nil, fmt.Errorf(
			"SELENE_RATE_LIMIT is %g: use a number of requests per second up to %g, or 0 for no limit",
			c.RateLimit,
			maxRate,
		)
	}
	return api.NewGuard(proxies, c.Origins, c.RateLimit), nil
}

// keptAdminToken is the file in the data folder.
const keptAdminToken = "admin.token"

// LoadAdminToken returns the token for /v1: the configured one, or one that is generated and stored in the data folder. generated
// reports whether this call generated it; then it should be printed for the operator.
func (c Config) LoadAdminToken() (text string, generated bool, err error) {
	if c.AdminToken != "" {
		return string(c.AdminToken), false, nil
	}
	return kept.Keep(c.DataDir, keptAdminToken)
}
