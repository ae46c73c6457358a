package edge

import (
	"fmt"
	"time"

	"github.com/selene-liveness/selene/edge/api"
	"github.com/selene-liveness/selene/edge/gateway"
	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/edge/token"
	"github.com/selene-liveness/selene/streams"
)

// Config is what the environment says of an edge.
type Config struct {
	Addr        string        `envconfig:"SELENE_ADDR" default:"127.0.0.1:8321" desc:"where the edge listens"`
	JWTKey      token.Secret  `envconfig:"SELENE_JWT_KEY" desc:"key of the tokens: HS256, its bytes as they are, 32 at least; or an EC P-256 private key in PEM, which makes it ES256; drawn and kept in the data folder when empty"`
	JWTKeyFile  string        `envconfig:"SELENE_JWT_KEY_FILE" desc:"file that holds the key instead"`
	AdminToken  token.Secret  `envconfig:"SELENE_ADMIN_TOKEN" desc:"token of /v1; drawn and kept in the data folder when empty"`
	Origins     []string      `envconfig:"SELENE_ORIGINS" desc:"origins whose pages may connect besides our own, with commas; * = any"`
	MaxSessions int           `envconfig:"SELENE_MAX_SESSIONS" default:"1000" desc:"sockets open at the same time"`
	MaxMessage  int64         `envconfig:"SELENE_MAX_MESSAGE" default:"10485760" desc:"bytes of one message"`
	MaxPixels   int           `envconfig:"SELENE_MAX_PIXELS" default:"40000000" desc:"pixels of one image"`
	Deadline    time.Duration `envconfig:"SELENE_DEADLINE" default:"5s" desc:"after which a frame without a decision is published again"`
	Tokens      string        `envconfig:"SELENE_SESSION_TOKENS" default:"optional" desc:"required = only sessions made with POST /v1/sessions can be opened; optional = others too"`
	Proxies     []string      `envconfig:"SELENE_TRUSTED_PROXIES" desc:"addresses and networks, with commas, of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed"`
	RateLimit   float64       `envconfig:"SELENE_RATE_LIMIT" default:"100" desc:"requests a second of one address to /v1, /ui-config and /ws that are answered, and four times as many at once; 0 = all"`
	Variant     string        `envconfig:"SELENE_SETTINGS_VARIANT" desc:"tag of the settings by which sessions are judged that name none; empty = the document itself"`
	PublicHooks bool          `envconfig:"SELENE_WEBHOOKS_PUBLIC_ONLY" default:"false" desc:"true = webhooks of events and exports are posted to public addresses alone, past any proxy, and to none of this machine and its networks"`
	DataDir     string        `ignored:"true"` // where what was drawn is kept
}

const (
	tokensOptional = "optional"
	tokensRequired = "required"
)

// stateRoom is left in a message of the broker for what travels with the image.
const stateRoom = 1 << 20

func (c Config) gateway() (gateway.Config, error) {
	const most = streams.MaxPayload - stateRoom
	if c.MaxMessage > most {
		return gateway.Config{}, fmt.Errorf("SELENE_MAX_MESSAGE is %d: the broker takes %d at most, the default is %d", c.MaxMessage, most, lpproto.MaxMessageBytes)
	}
	if c.Tokens != "" && c.Tokens != tokensOptional && c.Tokens != tokensRequired {
		return gateway.Config{}, fmt.Errorf("SELENE_SESSION_TOKENS is %q: use %s or %s", c.Tokens, tokensOptional, tokensRequired)
	}
	return gateway.Config{
		NeedsToken: c.Tokens == tokensRequired, Variant: c.Variant, MaxSessions: c.MaxSessions, MaxMessage: c.MaxMessage, MaxPixels: c.MaxPixels, Deadline: c.Deadline, Origins: c.Origins,
	}, nil
}

const maxRate = 1e6

func (c Config) guard() (*api.Guard, error) {
	proxies, err := api.ParseProxies(c.Proxies)
	if err != nil {
		return nil, fmt.Errorf("SELENE_TRUSTED_PROXIES: %w", err)
	}
	if !(c.RateLimit >= 0 && c.RateLimit <= maxRate) { // or no number at all
		return nil, fmt.Errorf("SELENE_RATE_LIMIT is %g: use a number of requests a second up to %g, or 0 for no limit", c.RateLimit, maxRate)
	}
	return api.NewGuard(proxies, c.Origins, c.RateLimit), nil
}

// keptAdminToken is the file in the data folder.
const keptAdminToken = "admin.token"

// LoadAdminToken is the token of /v1: the one that was set, or one drawn and kept in the data folder. drawn says that
// this call drew it, and that somebody should be told.
func (c Config) LoadAdminToken() (text string, drawn bool, err error) {
	if c.AdminToken != "" {
		return string(c.AdminToken), false, nil
	}
	return token.Keep(c.DataDir, keptAdminToken)
}
