// Package edge serves everything that clients use: LPProto sockets, REST, the pages. It talks to workers only in messages.
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

	"github.com/selene-liveness/selene/edge/internal/account"
	"github.com/selene-liveness/selene/edge/internal/api"
	"github.com/selene-liveness/selene/edge/internal/events"
	"github.com/selene-liveness/selene/edge/internal/gateway"
	"github.com/selene-liveness/selene/edge/internal/notary"
	"github.com/selene-liveness/selene/edge/internal/stats"
	"github.com/selene-liveness/selene/edge/internal/token"
	"github.com/selene-liveness/selene/edge/internal/uiconfig"
	"github.com/selene-liveness/selene/edge/ui"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/settings"
)

// Edge serves LPProto, REST and the pages on one address.
type Edge struct {
	addr     string
	gateway  *gateway.Gateway
	signer   *token.Signer
	notary   *notary.Notary
	registry *streams.Registry
	api      *api.API
	stats    *stats.Stats
	hooks    *events.Poster
	guard    *api.Guard
	parents  ui.Parents
}

// New returns an edge. It generates and stores secrets that the configuration omits, and refuses a weak token key unless the
// settings are for development.
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
	keys := c.keys()
	keys.Development = settings.Settings.Development()
	signer, err := token.Load(keys)
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
	own := prometheus.NewRegistry() // other parts of this process use the default registry
	registry, counted := streams.NewRegistry(conn), stats.New(conn)
	limits.Workers = registry.Processes
	g := gateway.New(conn, signer, limits, gateway.NewMetrics(own))
	return &Edge{
		addr: c.Addr, gateway: g, signer: signer, registry: registry, stats: counted, hooks: events.NewPoster(conn, c.Hooks), guard: guard,
		notary:  notary.New(conn, signer.SignEvidence, notary.Anchor{Command: c.AnchorCommand}),
		parents: uiconfig.New(conn).Parents,
		api: &api.API{
			Conn:     conn,
			Registry: registry,
			Accounts: account.New(conn),
			Stats:    counted,
			Signer:   signer,
			Admin:    token.Secret(admin),
			Edge:     g.Name(),
			Writes:   g.Writes,
			Room:     g.Room,
			Hooks:    c.Hooks,
			Variant:  c.Variant,
			Metrics:  prometheus.Gatherers{own, prometheus.DefaultGatherer},
		},
	}, nil
}

// Handler returns a handler for the routes of REST, /ws, and the pages.
func (e *Edge) Handler() http.Handler {
	mux := http.NewServeMux()
	rest := e.api.Handler()
	mux.Handle("/v1/", rest)
	for _, route := range e.api.Routes() {
		if !strings.HasPrefix(route.Path, "/v1/") {
			mux.Handle(route.Path, rest) // for every method: the API refuses wrong ones
		}
	}
	mux.Handle("/ws", e.gateway)
	mux.Handle("/ws/{$}", e.gateway) // some proxies add the slash
	mux.Handle("/", ui.Handler(e.parents))
	return e.guard.Wrap(mux)
}

// FirstUser is the name of the first administrator of an installation.
const FirstUser = account.FirstUser

// FirstPassword creates FirstUser in a new installation and returns the password, which must be changed. It returns "" if there
// are users already: of all edges, one gets the password, once.
func (e *Edge) FirstPassword(ctx context.Context) (string, error) { return e.api.Accounts.First(ctx) }

// Run listens on the configured address and serves until ctx is done. See Serve.
func (e *Edge) Run(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", e.addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w (set SELENE_ADDR to another address if it is in use)", e.addr, err)
	}
	return e.Serve(ctx, listener)
}

const (
	headerTime   = 5 * time.Second
	requestTime  = 30 * time.Second
	answerTime   = 30 * time.Second // extended while the client reads
	idleTime     = 2 * time.Minute
	shutdownTime = 5 * time.Second
	maxHeader    = 16 << 10
)

// Serve serves on the listener, which it closes, until ctx is done. Then it releases the sessions, so that they can continue at
// another edge, waits up to 5 s for running requests, and returns nil.
func (e *Edge) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: e.Handler(), ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: answerTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
	}
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() error { return e.gateway.Run(ctx) })
	parts.Go(func() error { return e.signer.Run(ctx) })
	parts.Go(func() error { return e.notary.Run(ctx) })
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
		e.api.CloseEvents(end) // the server does not know them
		if err := server.Shutdown(end); err != nil {
			return server.Close() // unfinished requests are cut off
		}
		return nil
	})
	return parts.Wait()
}
