package gateway

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/selene-liveness/selene/edge/internal/token"
	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
)

// Config holds the limits of a gateway. A zero value means its default.
type Config struct {
	MaxSessions int           // open sockets; default 1000
	MaxSockets  int           // open sockets of one address; default a tenth of MaxSessions
	MaxFrames   int           // frames of one address that are judged at the same time; default 16
	MaxRate     int           // frames of one address in a second; default 200
	MaxBytes    int           // of images of one address in a second; default 32 MiB
	Person      Person        // for each person, by the external ID of tickets, or for each ticket without one
	MaxBacklog  time.Duration // for which a frame waits when new sessions are refused; default 15 s
	MaxWait     time.Duration // for which a frame waits before it is refused; default 20 s
	MaxStored   uint64        // bytes of the images of one session; default 256 MiB
	MaxMessage  int64         // bytes of one message; default lpproto.MaxMessageBytes
	MaxPixels   int           // pixels of one image; default and most imagefile.MaxPixels
	Deadline    time.Duration // after which a frame without a decision is published again; default 5 s
	Origins     []string      // further origins whose pages may connect; "*" = any
	// NeedsToken reports whether, by the settings, only sessions created over REST can be opened, with a token; nil = never.
	NeedsToken func(*schemas.Settings) bool
	// NeedsSecret reports whether, by the settings, a session without a ticket can only be resumed with its secret; nil = always.
	NeedsSecret func(*schemas.Settings) bool
	// Workers returns the running processes of workers, for whose slots frames wait in a fair order; nil = frames do not wait.
	Workers func() []schemas.Registration
	// Address returns the address of a client whose failures count together, or "" if unknown; nil = unknown.
	Address func(*http.Request) string

	Variant string // of the settings, for sessions whose ticket names none

	ConnectTimeout time.Duration // until CONNECT; default 10 s
	WriteTimeout   time.Duration // for one message to leave; default 10 s
	PongTimeout    time.Duration // a peer silent for so long is gone; default 15 s
}

// Person limits what the sockets of one person do. A zero value means its default.
type Person struct {
	MaxSockets int // open; default 4
	MaxRate    int // frames in a second; default 30
	MaxBytes   int // of images in a second; default 8 MiB
}

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	set(&c.Deadline, 5*time.Second)
	set(&c.MaxBacklog, 15*time.Second)
	set(&c.MaxWait, 20*time.Second)
	set(&c.ConnectTimeout, 10*time.Second)
	set(&c.WriteTimeout, 10*time.Second)
	set(&c.PongTimeout, 15*time.Second)
	number := func(n *int, value int) {
		if *n <= 0 {
			*n = value
		}
	}
	number(&c.MaxSessions, 1000)
	number(&c.MaxSockets, max(1, c.MaxSessions/10))
	number(&c.MaxFrames, 16)
	number(&c.MaxRate, 200)
	number(&c.MaxBytes, 32<<20)
	number(&c.MaxPixels, imagefile.MaxPixels)
	number(&c.Person.MaxSockets, 4)
	number(&c.Person.MaxRate, 30)
	number(&c.Person.MaxBytes, 8<<20)
	if c.MaxStored == 0 {
		c.MaxStored = 256 << 20
	}
	if c.MaxMessage <= 0 {
		c.MaxMessage = lpproto.MaxMessageBytes
	}
	return c
}

const (
	brokerTimeout = 3 * time.Second // for writing the end of a session to the broker
	drainTime     = 3 * time.Second // for frames being judged when the process stops
	messageTime   = 30 * time.Second
	closeTime     = 2 * time.Second // for the peer to answer a close
)

// Gateway serves LPProto sockets while Run runs.
type Gateway struct {
	conn      *streams.Conn
	settings  *settings.Store
	sessions  *sessions.Store
	signer    *token.Signer
	config    Config
	metrics   *Metrics
	name      string         // of this instance, part of its frames' names
	strangers rate.Sometimes // log lines on origins that may not connect
	upgrader  websocket.Upgrader
	crowd     crowd // by address
	persons   crowd
	line      line

	crowded sync.Once // for the warning about the first address with too many sockets
	nonces  atomic.Uint64
	open    atomic.Int64
	full    atomic.Bool   // new sessions are refused, since the stream of frames is full
	late    atomic.Bool   // new sessions are refused, since frames wait too long
	edges   atomic.Int64  // that share the workers
	stored  atomic.Int64  // when the broker last stored something
	started chan struct{} // closed after the first beat
	drain   chan struct{} // closed when sessions should end after the current frame
	stop    chan struct{} // closed when they must end at once
	mu      sync.Mutex
	closed  bool
	sockets sync.WaitGroup
}

// New returns a gateway that accepts sockets once Run runs.
func New(conn *streams.Conn, signer *token.Signer, config Config, metrics *Metrics) *Gateway {
	instance := make([]byte, 6)
	rand.Read(instance)
	g := &Gateway{
		conn:     conn,
		settings: settings.New(conn),
		sessions: sessions.New(conn),
		signer:   signer,
		config:   config.withDefaults(),
		metrics:  metrics,
		name:     hex.EncodeToString(instance),
		started:  make(chan struct{}),
		drain:    make(chan struct{}),
		stop:     make(chan struct{}),
	}
	c := g.config
	g.crowd = crowd{
		sockets: c.MaxSockets, frames: int64(c.MaxFrames), rate: rate.Limit(c.MaxRate), bytes: rate.Limit(c.MaxBytes),
		all: map[string]*neighbour{},
	}
	g.persons = crowd{
		sockets: c.Person.MaxSockets, frames: int64(c.MaxFrames), rate: rate.Limit(c.Person.MaxRate), bytes: rate.Limit(c.Person.MaxBytes),
		all: map[string]*neighbour{},
	}
	g.line = line{width: g.width}
	g.strangers = rate.Sometimes{First: 1, Interval: time.Minute}
	g.upgrader = websocket.Upgrader{HandshakeTimeout: 10 * time.Second, CheckOrigin: g.originAllowed}
	return g
}

// Name returns the ID of this instance.
func (g *Gateway) Name() string { return g.name }

// Run announces every sessions.EdgeBeat that this instance is alive, and counts failed sessions. When ctx is done, sessions finish the
// current frame and are released, so that they can continue elsewhere at once, and their sockets are closed with 1012; then it
// returns nil. Run may be called once.
func (g *Gateway) Run(ctx context.Context) error {
	tick := time.NewTicker(sessions.EdgeBeat)
	defer tick.Stop()
	counting := make(chan error, 1)
	go func() { counting <- g.countFailures(ctx) }()
	g.beat(ctx)
	g.compareKeys(ctx)
	close(g.started)
	for beating := true; beating; g.beat(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			beating = false
		}
	}
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	close(g.drain)
	kill := time.AfterFunc(drainTime, func() { close(g.stop) })
	g.sockets.Wait()
	kill.Stop()
	return <-counting
}

func (g *Gateway) beat(ctx context.Context) {
	if err := g.sessions.BeatEdge(ctx, g.name, g.signer.Marks()); err == nil {
		g.stored.Store(time.Now().UnixNano())
	} else if ctx.Err() == nil {
		slog.Warn("announce this instance", "error", err)
	}
	g.lookForRoom(ctx)
	if edges, err := g.sessions.Edges(ctx); err == nil {
		g.edges.Store(int64(len(edges)))
	}
	_ = g.Backlog() // which logs it
}

// compareKeys warns if an edge that runs already has other keys: then its tokens, recordings and lock-outs count for itself alone.
func (g *Gateway) compareKeys(ctx context.Context) {
	edges, err := g.sessions.Edges(ctx)
	if err != nil && ctx.Err() == nil {
		slog.Warn("compare keys with other edges", "error", err)
	}
	for name, marks := range edges {
		if other := g.signer.Unknown(marks); len(other) > 0 {
			slog.Warn("another edge has other keys: give all edges the same ones, as edge/README.md says", "edge", name, "keys", other)
			return
		}
	}
}

// Writes returns nil while the broker stores the beats of this instance, one every streams.EdgeBeat.
func (g *Gateway) Writes() error {
	since := time.Since(time.Unix(0, g.stored.Load()))
	if since <= 3*sessions.EdgeBeat {
		return nil
	}
	if g.stored.Load() == 0 {
		return errors.New("the broker has not stored anything from this instance yet")
	}
	return fmt.Errorf("the broker has not stored anything from this instance for %s: check its disk", since.Round(time.Second))
}

// enter registers a socket, and reports false if the gateway is closing.
func (g *Gateway) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.sockets.Add(1)
	return true
}

// ServeHTTP serves one socket until it is closed.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.enter() {
		http.Error(w, "this instance is shutting down", http.StatusServiceUnavailable)
		return
	}
	defer g.sockets.Done()
	select {
	case <-g.started: // otherwise its sessions would look abandoned
	case <-r.Context().Done():
		return
	}
	open := g.open.Add(1)
	defer g.open.Add(-1)
	if open > int64(2*g.config.MaxSessions) { // too many even to answer each with ERROR
		http.Error(w, "too many connections", http.StatusServiceUnavailable)
		return
	}
	ws, err := g.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	s := newSocket(ws, g.config, g.metrics)
	address := ""
	if g.config.Address != nil {
		address = g.config.Address(r)
	}
	neighbour, welcome := g.crowd.enter(address)
	defer g.crowd.leave(neighbour)
	if !welcome {
		g.crowded.Do(func() {
			slog.Warn("an address has too many sockets and gets no more; if it is that of a proxy, name it in SELENE_TRUSTED_PROXIES",
				"address", address, "sockets", g.config.MaxSockets)
		})
	}
	if !welcome || open > int64(g.config.MaxSessions) {
		s.start(nil)
		s.fail(lpproto.CodeCapacity)
		s.finish(lpproto.CloseCode(lpproto.CodeCapacity), lpproto.CodeName(lpproto.CodeCapacity))
		return
	}
	g.metrics.open.Inc()
	defer g.metrics.open.Dec()
	g.serve(context.WithoutCancel(r.Context()), s, address, neighbour)
}

// serve runs a session on a socket and closes it.
func (g *Gateway) serve(ctx context.Context, socket *socket, address string, n *neighbour) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	socket.start(func() { cancel(errClientGone) })
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-g.stop:
			cancel(errStopped)
		case <-done:
		}
	}()
	s := &session{gateway: g, socket: socket, address: address, neighbour: n, onLost: func() { cancel(errClaimedElsewhere) }}
	s.uses(usageOf(n))
	defer s.uses(nil)
	defer s.part()
	c := s.run(ctx)
	s.release(context.WithoutCancel(ctx), c)
	socket.finish(c.code, c.reason)
}
