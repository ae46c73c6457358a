// Package edge is the doors of Selene: LPProto sockets, REST, the user page. It speaks to workers in messages alone.
package edge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/edge/account"
	"github.com/selene-liveness/selene/edge/api"
	"github.com/selene-liveness/selene/edge/events"
	"github.com/selene-liveness/selene/edge/gateway"
	"github.com/selene-liveness/selene/edge/stats"
	"github.com/selene-liveness/selene/edge/token"
	"github.com/selene-liveness/selene/edge/ui"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/settings"
)

// Edge serves all doors on one address.
type Edge struct {
	addr     string
	gateway  *gateway.Gateway
	registry *streams.Registry
	api      *api.API
	stats    *stats.Stats
	hooks    *events.Poster
	guard    *api.Guard
}

// New prepares an edge. It draws and keeps the secrets that the configuration leaves out, and refuses a token key that
// is weak unless the settings are those of development.
func New(ctx context.Context, conn *streams.Conn, c Config) (*Edge, error) {
	if c.Variant != "" {
		if err := settings.New(conn).CheckVariant(ctx, c.Variant); err != nil {
			return nil, fmt.Errorf("SELENE_SETTINGS_VARIANT: %w", err)
		}
	}
	settings, err := settings.New(conn).Newest(ctx, c.Variant)
	if err != nil {
		return nil, err
	}
	signer, err := token.Load(token.Config{
		Key: c.JWTKey, KeyFile: c.JWTKeyFile, DataDir: c.DataDir, Development: settings.Settings.Development(),
	})
	if err != nil {
		return nil, err
	}
	admin, _, err := c.LoadAdminToken()
	if err != nil {
		return nil, err
	}
	limits, err := c.gateway()
	if err != nil {
		return nil, err
	}
	guard, err := c.guard()
	if err != nil {
		return nil, err
	}
	own := prometheus.NewRegistry() // what others of this process measure is in the default one
	g := gateway.New(conn, signer, limits, gateway.NewMetrics(own))
	registry, counted := streams.NewRegistry(conn), stats.New(conn)
	return &Edge{
		addr: c.Addr, gateway: g, registry: registry, stats: counted, hooks: events.NewPoster(conn, c.PublicHooks), guard: guard,
		api: &api.API{
			Conn: conn, Registry: registry, Accounts: account.New(conn), Stats: counted, Signer: signer, Admin: token.Secret(admin), Edge: g.Name(), Writes: g.Writes, Variant: c.Variant,
			Metrics: prometheus.Gatherers{own, prometheus.DefaultGatherer},
		},
	}, nil
}

// Handler is every door: the API's routes, /ws, and the page for what is left.
func (e *Edge) Handler() http.Handler {
	mux := http.NewServeMux()
	rest := e.api.Handler()
	mux.Handle("/v1/", rest)
	for _, route := range e.api.Routes() {
		if !strings.HasPrefix(route.Path, "/v1/") {
			mux.Handle(route.Path, rest) // of every method: a wrong one is the API's to refuse
		}
	}
	mux.Handle("/ws", e.gateway)
	mux.Handle("/", ui.Handler())
	return e.guard.Wrap(mux)
}

// FirstPassword makes the first user of an installation, account.FirstUser, and returns the password to log in with. It is
// "" when there are users: of all edges, one gets it, once.
func (e *Edge) FirstPassword(ctx context.Context) (string, error) { return e.api.Accounts.First(ctx) }

// Run listens on the configured address and serves until ctx is done. See Serve.
func (e *Edge) Run(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", e.addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w (is something running there? SELENE_ADDR chooses another address)", e.addr, err)
	}
	return e.Serve(ctx, listener)
}

const (
	headerTime   = 5 * time.Second
	requestTime  = 30 * time.Second
	answerTime   = 30 * time.Second // longer ones are extended while the client reads
	idleTime     = 2 * time.Minute
	shutdownTime = 5 * time.Second
	maxHeader    = 16 << 10
)

// Serve serves on the listener, which it closes, until ctx is done. Then sessions are let go of, so that they can go on
// at another edge, requests under way finish within 5 s, and it returns nil.
func (e *Edge) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: e.Handler(), ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: answerTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
	}
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() error { return e.gateway.Run(ctx) })
	parts.Go(func() error { return e.stats.Run(ctx) })
	parts.Go(func() error { return e.hooks.Run(ctx) })
	parts.Go(func() error {
		if err := e.registry.Run(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		return nil
	})
	parts.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
		}
		return nil
	})
	parts.Go(func() error {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		defer cancel()
		e.api.CloseEvents(end) // which the server knows nothing of
		if err := server.Shutdown(end); err != nil {
			return server.Close() // who has not finished by now is cut off
		}
		return nil
	})
	return parts.Wait()
}
