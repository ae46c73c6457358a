// Package api is the REST door: sessions and their evidence, settings, and what a machine wants to know of an edge.
package api

import (
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/selene-liveness/selene/edge/account"
	"github.com/selene-liveness/selene/edge/token"
	"github.com/selene-liveness/selene/streams"
)

// API answers REST requests. It is safe for concurrent use.
type API struct {
	Conn     *streams.Conn
	Registry *streams.Registry // running
	Signer   *token.Signer
	Admin    token.Secret // what callers of /v1 show
	Edge     string       // name of this instance
	Writes   func() error // why the broker does not store what this instance writes, if so
	Metrics  prometheus.Gatherer
}

// Route is one method on one path.
type Route struct {
	Method string
	Path   string // as net/http's mux reads it
	right  account.Right // that the caller needs; or public, or anyone who is logged in
	serve  func(http.ResponseWriter, *http.Request) error
}

// Instead of a right.
const (
	public account.Right = ""
	anyone account.Right = "anyone"
)

//go:embed openapi.yaml
var openAPI []byte

// Routes lists all there is.
func (a *API) Routes() []Route {
	return []Route{
		{"POST", "/v1/sessions", account.SessionsWrite, a.makeSession},
		{"GET", "/v1/sessions/{id}", account.SessionsRead, a.session},
		{"DELETE", "/v1/sessions/{id}", account.SessionsWrite, a.erase},
		{"GET", "/v1/sessions/{id}/frames", account.SessionsRead, a.frames},
		{"GET", "/v1/sessions/{id}/frames/{sequence}", account.SessionsRead, a.frame},
		{"GET", "/v1/sessions/{id}/decisions", account.SessionsRead, a.decisions},
		{"GET", "/v1/sessions/{id}/verdicts", account.SessionsRead, a.verdicts},
		{"GET", "/v1/sessions/{id}/video", account.SessionsRead, a.video},
		{"GET", "/v1/sessions/{id}/announcements", account.SessionsRead, a.announcements},
		{"GET", "/v1/settings", account.SettingsRead, a.settings},
		{"PUT", "/v1/settings", account.SettingsWrite, a.putSettings},
		{"GET", "/.well-known/jwks.json", public, a.jwks},
		{"GET", "/healthz", public, a.healthy},
		{"GET", "/readyz", public, a.ready},
		{"GET", "/metrics", public, a.metrics},
		{"GET", "/openapi.yaml", public, a.openAPI},
	}
}

// Handler serves the routes. What is none of them is a problem, like every other error.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, route := range a.Routes() {
		mux.HandleFunc(route.Method+" "+route.Path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-store")
			w = &patientWriter{ResponseWriter: w}
			if err := route.serve(w, r); err != nil {
				problemOf(r, err).write(w)
			}
		})
	}
	want := sha256.Sum256([]byte("Bearer " + string(a.Admin)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
			if a.Admin == "" || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
				w.Header().Set("WWW-Authenticate", `Bearer realm="selene"`)
				problem(http.StatusUnauthorized, "send the admin token: Authorization: Bearer TOKEN").write(w)
				return
			}
		}
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		unknown := &statusOnly{header: http.Header{}, status: http.StatusNotFound}
		h.ServeHTTP(unknown, r)
		if allow := unknown.header.Get("Allow"); allow != "" {
			w.Header().Set("Allow", allow)
		}
		problem(unknown.status, fmt.Sprintf("there is no %s %s; /openapi.yaml lists what there is", r.Method, r.URL.Path)).write(w)
	})
}

// statusOnly hears what the mux says of a request it has no route for.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }

// patientWriter lets a long answer take its time as long as the client keeps reading.
type patientWriter struct{ http.ResponseWriter }

const writePatience = 30 * time.Second

func (w *patientWriter) Write(b []byte) (int, error) {
	// A writer without deadlines, in a test, has none to extend.
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(writePatience))
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func writeJSON(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(body, '\n')) // the client may be gone
	return nil
}

func (a *API) jwks(w http.ResponseWriter, _ *http.Request) error {
	set, err := a.Signer.JWKS()
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=300")
	return writeJSON(w, set)
}

func (a *API) healthy(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, map[string]string{"status": "alive"})
}

func (a *API) metrics(w http.ResponseWriter, r *http.Request) error {
	promhttp.HandlerFor(a.Metrics, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	return nil
}

func (a *API) openAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(openAPI) // the client may be gone
	return nil
}
