package api

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/account"
	"github.com/selene-liveness/selene/edge/events"
)

// The codes with which a socket of events is closed, beside those of RFC 6455.
const (
	CloseEventsRefused = 4003 // the caller may no longer listen
	CloseEventsSlow    = 4008 // the reader fell behind; it can go on where it is
)

// eventSockets are the sockets that are told of events.
type eventSockets struct {
	most      int           // sockets at the same time
	lag       uint64        // messages that a reader may be behind
	patience  time.Duration // for one write
	heartbeat time.Duration // between pings; a silent peer is gone after two and a half

	mu      sync.Mutex
	closing bool
	open    map[*eventSocket]struct{}
}

func newEventSockets() *eventSockets {
	return &eventSockets{most: 100, lag: 10_000, patience: 10 * time.Second, heartbeat: 20 * time.Second, open: map[*eventSocket]struct{}{}}
}

// eventSocket writes from one goroutine at a time.
type eventSocket struct {
	ws    *websocket.Conn
	stop  context.CancelCauseFunc
	ended chan struct{}
}

var errShutDown = errors.New("this instance ends")

// CloseEvents ends all sockets of events, which can go on at another edge, and lets no more be opened. It returns when all
// were told, or when ctx is done.
func (a *API) CloseEvents(ctx context.Context) {
	a.sockets.mu.Lock()
	a.sockets.closing = true
	var ended []<-chan struct{}
	for s := range a.sockets.open {
		s.stop(errShutDown)
		ended = append(ended, s.ended)
	}
	a.sockets.mu.Unlock()
	for _, e := range ended {
		select {
		case <-e:
		case <-ctx.Done():
			return
		}
	}
}

func (s *eventSockets) add(socket *eventSocket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || len(s.open) >= s.most {
		return false
	}
	s.open[socket] = struct{}{}
	return true
}

func (s *eventSockets) remove(socket *eventSocket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, socket)
	close(socket.ended)
}

// maxEventMessage bounds what a client sends, though nothing of it is read.
const maxEventMessage = 1024

// eventBuffer bounds what the kernel holds for a client that does not read.
const eventBuffer = 64 << 10

// The caller was admitted, and with a cookie by its origin too.
var eventUpgrader = websocket.Upgrader{
	ReadBufferSize: 1024, WriteBufferSize: 4096, CheckOrigin: func(*http.Request) bool { return true },
	Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
		problem(status, reason.Error()).write(w)
	},
}

// listen tells of events over a WebSocket, each as a text message with a JSON object; a first one of kind "ready" has the
// cursor of what was stored before, and others of kind "alive" have one while nothing is told of.
func (a *API) listen(w http.ResponseWriter, r *http.Request) error {
	filter, err := events.ParseFilter(r.URL.Query())
	if err != nil {
		return problem(http.StatusBadRequest, err.Error())
	}
	var since events.Cursor
	if text := r.URL.Query().Get("since"); text != "" {
		if since, err = events.ParseCursor(text, filter.Wanted()); err != nil {
			return problem(http.StatusBadRequest, "since: "+err.Error())
		}
	}
	feed := events.Feed{Conn: a.Conn, Filter: filter, Lag: a.sockets.lag}
	cursor, err := feed.Now(r.Context(), since)
	if errors.Is(err, events.ErrAhead) {
		return problem(http.StatusConflict, "since: "+err.Error())
	}
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(r.Context())
	defer stop(nil)
	socket := &eventSocket{stop: stop, ended: make(chan struct{})}
	if !a.sockets.add(socket) {
		return problem(http.StatusServiceUnavailable, "as many sockets of events are open as this instance takes, or it ends: try another one")
	}
	defer a.sockets.remove(socket)
	if socket.ws, err = eventUpgrader.Upgrade(w, r, nil); err != nil {
		return nil // it has answered
	}
	defer socket.ws.Close()
	if tcp, ok := socket.ws.NetConn().(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(eventBuffer)
	}
	go a.hear(socket)
	err = a.tellEvents(ctx, socket, r, feed, cursor)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	a.sockets.close(socket, cursor, err)
	return nil
}

// hear notes that a peer is there, or has left.
func (a *API) hear(socket *eventSocket) {
	patience := a.sockets.heartbeat * 5 / 2
	heard := func(string) error { return socket.ws.SetReadDeadline(time.Now().Add(patience)) }
	socket.ws.SetReadLimit(maxEventMessage)
	socket.ws.SetPongHandler(heard)
	for err := heard(""); err == nil; {
		if _, _, err = socket.ws.ReadMessage(); err != nil {
			socket.stop(errGone)
		}
	}
}

var (
	errGone    = errors.New("the client is gone")
	errRefused = errors.New("no longer permitted")
)

func (a *API) tellEvents(ctx context.Context, socket *eventSocket, r *http.Request, feed events.Feed, cursor events.Cursor) error {
	write := func(v any) error {
		err := socket.ws.SetWriteDeadline(time.Now().Add(a.sockets.patience))
		if err == nil {
			err = socket.ws.WriteJSON(v)
		}
		if err != nil {
			return errors.Join(errGone, err)
		}
		return nil
	}
	type sign struct {
		Kind   string `json:"kind"`
		Cursor string `json:"cursor"`
	}
	if err := write(sign{"ready", cursor.String()}); err != nil {
		return err
	}
	beat := make(chan struct{}, 1)
	beating, stop := context.WithCancel(ctx)
	defer stop()
	go pulse(beating, a.sockets.heartbeat, beat)
	shown := cursor.String()
	return feed.Run(ctx, cursor, beat, func(e *events.Event) error {
		shown = e.Cursor
		return write(e)
	}, func(cursor events.Cursor) error {
		// Whoever lost the right in the meantime is told no more.
		if _, err := a.admit(r, account.EventsRead); err != nil {
			return errRefused
		}
		if err := socket.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(a.sockets.patience)); err != nil {
			return errors.Join(errGone, err)
		}
		if now := cursor.String(); now != shown {
			shown = now
			return write(sign{"alive", now})
		}
		return nil
	})
}

func pulse(ctx context.Context, every time.Duration, beat chan<- struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			select {
			case beat <- struct{}{}:
			default: // the last one is still waiting
			}
		}
	}
}

// close says why the socket ends, and where to go on.
func (s *eventSockets) close(socket *eventSocket, cursor events.Cursor, err error) {
	code, reason := websocket.CloseInternalServerErr, "the log of this instance says why"
	switch {
	case errors.Is(err, errGone):
		return
	case errors.Is(err, errShutDown):
		code, reason = websocket.CloseGoingAway, "connect again"
	case errors.Is(err, errRefused):
		code, reason = CloseEventsRefused, "log in again"
	case errors.Is(err, events.ErrSlow):
		code, reason = CloseEventsSlow, "too slow"
	default:
		slog.Error("tell of events", "error", err)
	}
	reason += "; since=" + cursor.String()
	_ = socket.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(s.patience)) // it may be gone
}
