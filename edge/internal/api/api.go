// Package api serves REST: sessions and their evidence, settings, users, and the state of an edge.
package api

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/selene-liveness/selene/edge/internal/account"
	"github.com/selene-liveness/selene/edge/internal/audit"
	"github.com/selene-liveness/selene/edge/internal/stats"
	"github.com/selene-liveness/selene/edge/internal/token"
	"github.com/selene-liveness/selene/edge/internal/uiconfig"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/exports"
	"github.com/selene-liveness/selene/streams/links"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/webhook"
)

// API answers REST requests. It is safe for concurrent use.
type API struct {
	Conn     *streams.Conn
	Registry *streams.Registry // running
	Accounts *account.Accounts
	Stats    *stats.Stats // running
	Signer   *token.Signer
	Admin    token.Secret // a caller of /v1 with this token has every right
	Edge     string       // name of this instance
	Room     func() error // returns why new sessions are refused, or nil
	Writes   func() error // returns why the broker does not store what this instance writes, or nil
	Metrics  prometheus.Gatherer
	Hooks    webhook.Networks // that webhooks may reach besides public addresses
	Variant  string           // of the settings, for sessions that name none

	lag *streams.LagWatch

	sessions      *sessions.Store
	objects       *objects.Store
	uiStore       *uiconfig.Store
	settingsStore *settings.Store
	exportStore   *exports.Store
	auditing      *audit.Log

	readiness, measured shared // answers to /readyz and /metrics

	logins  *logins
	sockets *eventSockets
	imports chan struct{} // limits concurrent imports
	reruns  chan struct{} // limits concurrent reruns
	links   *links.Links
	used    usedLinks
}

// Route is one method on one path.
type Route struct {
	Method string
	Path   string        // a pattern of http.ServeMux
	Right  account.Right // that the caller needs; or public, or anyone
	serve  func(http.ResponseWriter, *http.Request) error
}

// Values instead of a right: no login, or any login, is enough.
const (
	public account.Right = ""
	anyone account.Right = "anyone"
)

//go:embed openapi.yaml
var openAPI []byte

// Routes lists all routes.
func (a *API) Routes() []Route {
	return []Route{
		{"POST", "/v1/sessions", account.SessionsWrite, a.makeSession},
		{"GET", "/v1/sessions", account.SessionsRead, a.findSessions},
		{"GET", "/v1/sessions/{id}", account.SessionsRead, a.session},
		{"DELETE", "/v1/sessions/{id}", account.SessionsWrite, a.erase},
		{"GET", "/v1/sessions/{id}/frames", account.SessionsRead, a.frames},
		{"GET", "/v1/sessions/{id}/frames/{sequence}", account.SessionsRead, a.frame},
		{"GET", "/v1/sessions/{id}/decisions", account.SessionsRead, a.decisions},
		{"GET", "/v1/sessions/{id}/verdicts", account.SessionsRead, a.verdicts},
		{"GET", "/v1/sessions/{id}/video", account.SessionsRead, a.video},
		{"GET", "/v1/sessions/{id}/recording", account.SessionsRead, a.record},
		{"POST", "/v1/sessions/{id}/rerun", account.SessionsRead, a.rerun},
		{"POST", "/v1/recordings", account.SessionsWrite, a.importRecording},
		{"GET", "/v1/sessions/{id}/announcements", account.SessionsRead, a.announcements},
		{"POST", "/v1/exports", account.ExportsWrite, a.makeExport},
		{"GET", "/v1/exports", account.ExportsRead, a.exports},
		{"GET", "/v1/exports/{id}", account.ExportsRead, a.export},
		{"DELETE", "/v1/exports/{id}", account.ExportsWrite, a.endExport},
		{"GET", "/v1/exports/{id}/events", account.ExportsRead, a.exportEvents},
		{"GET", "/v1/exports/{id}/files/{file}", account.ExportsRead, a.exportFile},
		{"GET", "/v1/settings", account.SettingsRead, a.settings},
		{"PUT", "/v1/settings", account.SettingsWrite, a.putSettings},
		{"GET", "/v1/settings/schema", account.SettingsRead, a.settingsSchema},
		{"GET", "/v1/settings/revisions", account.SettingsRead, a.revisions},
		{"GET", "/v1/settings/revisions/{n}", account.SettingsRead, a.revision},
		{"POST", "/v1/settings/revisions/{n}/restore", account.SettingsWrite, a.restore},
		{"GET", "/v1/settings/variants", account.SettingsRead, a.variants},
		{"DELETE", "/v1/settings/variants/{tag}", account.SettingsWrite, a.deleteVariant},
		{"GET", "/v1/ui-configs", account.UIConfigsRead, a.uiConfigs},
		{"GET", "/v1/ui-configs/{name}", account.UIConfigsRead, a.uiConfig},
		{"PUT", "/v1/ui-configs/{name}", account.UIConfigsWrite, a.putUIConfig},
		{"DELETE", "/v1/ui-configs/{name}", account.UIConfigsWrite, a.deleteUIConfig},
		{"POST", "/v1/ui-configs/delete", account.UIConfigsWrite, a.deleteUIConfigs},
		{"GET", "/v1/workers", account.WorkersRead, a.workers},
		{"GET", "/v1/events", account.EventsRead, a.listen},
		{"GET", "/v1/webhooks", account.EventsRead, a.webhooks},
		{"POST", "/v1/webhooks", account.SettingsWrite, a.makeWebhook},
		{"DELETE", "/v1/webhooks/{id}", account.SettingsWrite, a.deleteWebhook},
		{"POST", "/v1/webhooks/{id}/resume", account.SettingsWrite, a.resumeWebhook},
		{"GET", "/v1/stats", account.StatsRead, a.stats},
		{"GET", "/v1/stats.csv", account.StatsRead, a.statsCSV},
		{"GET", "/ui-config/{name}", public, a.publicUIConfig},
		{"POST", "/v1/login", public, a.logIn},
		{"POST", "/v1/logout", anyone, a.logOut},
		{"GET", "/v1/me", anyone, a.me},
		{"POST", "/v1/me/password", anyone, a.changePassword},
		{"GET", "/v1/users", account.UsersRead, a.users},
		{"POST", "/v1/users", account.UsersWrite, a.makeUser},
		{"PUT", "/v1/users/{name}", account.UsersWrite, a.setUser},
		{"POST", "/v1/users/{name}/password", account.UsersWrite, a.resetPassword},
		{"DELETE", "/v1/users/{name}", account.UsersWrite, a.deleteUser},
		{"GET", "/v1/groups", account.UsersRead, a.groups},
		{"PUT", "/v1/groups/{name}", account.UsersWrite, a.putGroup},
		{"DELETE", "/v1/groups/{name}", account.UsersWrite, a.deleteGroup},
		{"GET", "/v1/tokens", account.TokensRead, a.tokens},
		{"POST", "/v1/tokens", account.TokensWrite, a.makeToken},
		{"DELETE", "/v1/tokens/{id}", account.TokensWrite, a.deleteToken},
		{"GET", "/v1/audit", account.AuditRead, a.auditLog},
		{"GET", "/.well-known/jwks.json", public, a.jwks},
		{"GET", "/healthz", public, a.healthy},
		{"GET", "/readyz", public, a.ready},
		{"GET", "/metrics", public, a.metrics},
		{"GET", "/openapi.yaml", public, a.openAPI},
	}
}

// Handler returns a handler that serves the routes, and answers everything else with a problem. Call it once.
func (a *API) Handler() http.Handler {
	a.logins, a.lag, a.imports = newLogins(), streams.NewLagWatch(a.Conn), make(chan struct{}, importsAtOnce)
	a.reruns = make(chan struct{}, 1)
	a.sessions, a.objects = sessions.New(a.Conn), objects.New(a.Conn)
	a.links = links.New(a.Conn, "")
	a.uiStore, a.auditing = uiconfig.New(a.Conn), audit.New(a.Conn)
	a.settingsStore, a.exportStore = settings.New(a.Conn), exports.New(a.Conn)
	if a.sockets == nil {
		a.sockets = newEventSockets()
	}
	mux := http.NewServeMux()
	rights := map[string]account.Right{} // by pattern
	for _, route := range a.Routes() {
		pattern := route.Method + " " + route.Path
		rights[pattern] = route.Right
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w = &extendingWriter{ResponseWriter: w}
			if err := route.serve(w, r); err != nil {
				problemOf(r, err).write(w)
			}
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		header.Set("Content-Security-Policy", contentSecurityPolicy)
		header.Set("X-Frame-Options", "DENY")
		h, pattern := mux.Handler(r)
		right := rights[pattern]
		if right != public || pattern == "" && strings.HasPrefix(r.URL.Path, "/v1/") { // unknown paths are not public either
			header.Set("Cross-Origin-Resource-Policy", "same-origin")
			admit := func() (*http.Request, error) { return a.admit(r, right) }
			if linked[pattern] && r.URL.Query().Has(links.ParamSignature) {
				admit = func() (*http.Request, error) { return a.admitLink(r) }
			}
			admitted, err := admit()
			if err != nil {
				p := problemOf(r, err)
				if p.Status == http.StatusUnauthorized {
					header.Set("WWW-Authenticate", `Bearer realm="selene"`)
				}
				p.write(w)
				return
			}
			r = admitted
		}
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		unknown := &statusOnly{header: http.Header{}, status: http.StatusNotFound}
		h.ServeHTTP(unknown, r)
		if allow := unknown.header.Get("Allow"); allow != "" {
			header.Set("Allow", allow)
		}
		problem(unknown.status, fmt.Sprintf("%s %s does not exist; see /openapi.yaml", r.Method, r.URL.Path)).write(w)
	})
}

// contentSecurityPolicy forbids everything to an answer that a browser shows as a page.
const contentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

// statusOnly records how the mux answers a request without a route.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }

// extendingWriter extends the deadline of a long answer while the client keeps reading.
type extendingWriter struct{ http.ResponseWriter }

const writeTimeout = 30 * time.Second

func (w *extendingWriter) Write(b []byte) (int, error) {
	// A writer in a test may have no deadlines.
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(writeTimeout))
	return w.ResponseWriter.Write(b)
}

// Hijack takes over the connection for a WebSocket.
func (w *extendingWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap returns the underlying writer to http.ResponseController.
func (w *extendingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func writeJSON(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(body, '\n')) // the client may be gone
	return nil
}

// writeCreated writes v as JSON with status 201.
func writeCreated(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write(append(body, '\n')) // the client may be gone
	return nil
}

func (a *API) jwks(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", "public, max-age=300")
	return writeJSON(w, a.Signer.JWKS())
}

func (a *API) healthy(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, map[string]string{"status": "alive"})
}

func (a *API) metrics(w http.ResponseWriter, _ *http.Request) error {
	a.measured.serve(w, func(w http.ResponseWriter) {
		plain := &http.Request{Header: http.Header{}} // one format for everybody
		promhttp.HandlerFor(a.Metrics, promhttp.HandlerOpts{}).ServeHTTP(w, plain)
	})
	return nil
}

func (a *API) openAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(openAPI) // the client may be gone
	return nil
}
