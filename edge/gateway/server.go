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

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/edge/token"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
)

// Config holds the limits of a gateway. A zero value means its default.
type Config struct {
	MaxSessions int           // open sockets; default 1000
	MaxMessage  int64         // bytes of one message; default lpproto.MaxMessageBytes
	MaxPixels   int           // pixels of one image; default 40 million
	Deadline    time.Duration // after which a frame without a decision is published again; default 5 s
	Origins     []string      // origins whose pages may connect besides our own; "*" = any
	NeedsToken  bool          // only sessions that were made beforehand, with a token
	Variant     string        // of the settings, for sessions whose ticket names none

	ConnectTimeout time.Duration // until CONNECT; default 10 s
	WriteTimeout   time.Duration // for one message to leave; default 10 s
	PongTimeout    time.Duration // a peer silent for so long is gone; default 15 s
}

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	set(&c.Deadline, 5*time.Second)
	set(&c.ConnectTimeout, 10*time.Second)
	set(&c.WriteTimeout, 10*time.Second)
	set(&c.PongTimeout, 15*time.Second)
	if c.MaxSessions <= 0 {
		c.MaxSessions = 1000
	}
	if c.MaxMessage <= 0 {
		c.MaxMessage = lpproto.MaxMessageBytes
	}
	if c.MaxPixels <= 0 {
		c.MaxPixels = imagefile.MaxPixels
	}
	return c
}

const (
	brokerTimeout = 3 * time.Second // for what has to be told the broker at a session's end
	drainTime     = 3 * time.Second // for frames under way when the process is to end
	messageTime   = 30 * time.Second
	closeTime     = 2 * time.Second // for the peer to answer a close
)

// Gateway serves LPProto sockets while Run runs.
type Gateway struct {
	conn     *streams.Conn
	settings *settings.Store
	sessions *sessions.Store
	signer   *token.Signer
	config   Config
	metrics  *Metrics
	name     string // of this instance, part of its frames' names
	upgrader websocket.Upgrader

	nonces  atomic.Uint64
	open    atomic.Int64
	stored  atomic.Int64  // when the broker last stored something
	started chan struct{} // closed once this instance has said that it lives
	drain   chan struct{} // closed when sessions shall end
	stop    chan struct{} // closed when they must
	mu      sync.Mutex
	closed  bool
	sockets sync.WaitGroup
}

// New prepares a gateway.
func New(conn *streams.Conn, signer *token.Signer, config Config, metrics *Metrics) *Gateway {
	instance := make([]byte, 6)
	rand.Read(instance)
	g := &Gateway{
		conn: conn, settings: settings.New(conn), sessions: sessions.New(conn), signer: signer, config: config.withDefaults(), metrics: metrics, name: hex.EncodeToString(instance),
		started: make(chan struct{}), drain: make(chan struct{}), stop: make(chan struct{}),
	}
	g.upgrader = websocket.Upgrader{HandshakeTimeout: 10 * time.Second, CheckOrigin: g.originAllowed}
	return g
}

// Name is the id of this instance.
func (g *Gateway) Name() string { return g.name }

// Run says every sessions.EdgeBeat that this instance is alive. When ctx is done, sessions finish the frame under way,
// are let go of, so that they can go on elsewhere at once, and their sockets closed with 1012; then it returns nil. A
// gateway runs once.
func (g *Gateway) Run(ctx context.Context) error {
	tick := time.NewTicker(sessions.EdgeBeat)
	defer tick.Stop()
	g.beat(ctx)
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
	return nil
}

func (g *Gateway) beat(ctx context.Context) {
	if err := g.sessions.BeatEdge(ctx, g.name); err == nil {
		g.stored.Store(time.Now().UnixNano())
	} else if ctx.Err() == nil {
		slog.Warn("edge", "error", err)
	}
}

// Writes is nil while the broker stores what this instance says every streams.EdgeBeat.
func (g *Gateway) Writes() error {
	since := time.Since(time.Unix(0, g.stored.Load()))
	if since <= 3*sessions.EdgeBeat {
		return nil
	}
	if g.stored.Load() == 0 {
		return errors.New("has stored nothing of this instance yet")
	}
	return fmt.Errorf("has stored nothing of this instance for %s: is its disk full?", since.Round(time.Second))
}

// enter counts a socket, unless the gateway is closing.
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
	case <-g.started: // else its sessions would look abandoned
	case <-r.Context().Done():
		return
	}
	open := g.open.Add(1)
	defer g.open.Add(-1)
	if open > int64(2*g.config.MaxSessions) { // not even a word for each
		http.Error(w, "too many connections", http.StatusServiceUnavailable)
		return
	}
	ws, err := g.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	s := newSocket(ws, g.config, g.metrics)
	if open > int64(g.config.MaxSessions) {
		s.start(nil)
		s.fail(lpproto.CodeCapacity)
		s.finish(lpproto.CloseCode(lpproto.CodeCapacity), lpproto.CodeName(lpproto.CodeCapacity))
		return
	}
	g.metrics.open.Inc()
	defer g.metrics.open.Dec()
	g.serve(context.WithoutCancel(r.Context()), s)
}

// serve runs a session on a socket and closes it.
func (g *Gateway) serve(ctx context.Context, socket *socket) {
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
	s := &session{gateway: g, socket: socket, onLost: func() { cancel(errClaimedElsewhere) }}
	c := s.run(ctx)
	s.release(context.WithoutCancel(ctx), c)
	socket.finish(c.code, c.reason)
}
