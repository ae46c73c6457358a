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

	"github.com/selene-liveness/selene/edge/internal/account"
	"github.com/selene-liveness/selene/edge/internal/events"
)

// Close codes of a socket of events, in addition to those of RFC 6455.
const (
	CloseEventsRefused = 4003 // the caller has lost the right to read events
	CloseEventsSlow    = 4008 // the reader fell behind; it can continue at its cursor
)

// eventSockets are the open sockets of events.
type eventSockets struct {
	most      int           // sockets at the same time
	lag       uint64        // messages by which a reader may fall behind
	timeout   time.Duration // of one write
	heartbeat time.Duration // between pings; a peer that is silent for two and a half of them is gone

	mu      sync.Mutex
	closing bool
	open    map[*eventSocket]struct{}
}

func newEventSockets() *eventSockets {
	return &eventSockets{most: 100, lag: 10_000, timeout: 10 * time.Second, heartbeat: 20 * time.Second, open: map[*eventSocket]struct{}{}}
}

// eventSocket is a socket of events. One goroutine at a time may write.
type eventSocket struct {
	ws    *websocket.Conn
	stop  context.CancelCauseFunc
	ended chan struct{}
}

var errShutDown = errors.New("this instance is shutting down")

// CloseEvents closes all sockets of events, whose clients can continue at another edge, and refuses new ones. It returns when
// all are closed, or when ctx is done.
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

// maxEventMessage bounds messages of clients, which are ignored.
const maxEventMessage = 1024

// eventBuffer bounds the send buffer of the kernel for a client that does not read.
const eventBuffer = 64 << 10

// The caller has been admitted, and the origin of a cookie checked.
var eventUpgrader = websocket.Upgrader{
	ReadBufferSize: 1024, WriteBufferSize: 4096, CheckOrigin: func(*http.Request) bool { return true },
	Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
		problem(status, reason.Error()).write(w)
	},
}

// listen sends events over a WebSocket, each as a text message with a JSON object. The first message, of kind "ready", has the
// cursor of the events stored before; messages of kind "alive" have a cursor while there are no events.
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
		return problem(
			http.StatusServiceUnavailable,
			"the maximum number of event sockets is open, or this instance is shutting down: try another instance",
		)
	}
	defer a.sockets.remove(socket)
	if socket.ws, err = eventUpgrader.Upgrade(w, r, nil); err != nil {
		return nil // it has answered
	}
	defer socket.ws.Close()
	if tcp, ok := socket.ws.NetConn().(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(eventBuffer)
	}
	go a.watch(socket)
	err = a.tellEvents(ctx, socket, r, feed, cursor)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	a.sockets.close(socket, cursor, err)
	return nil
}

// watch notices signs of life of the peer, and its end.
func (a *API) watch(socket *eventSocket) {
	silence := a.sockets.heartbeat * 5 / 2
	heard := func(string) error { return socket.ws.SetReadDeadline(time.Now().Add(silence)) }
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
	errRefused = errors.New("the right to read events is gone")
)

func (a *API) tellEvents(ctx context.Context, socket *eventSocket, r *http.Request, feed events.Feed, cursor events.Cursor) error {
	write := func(v any) error {
		err := socket.ws.SetWriteDeadline(time.Now().Add(a.sockets.timeout))
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
		// The caller may have lost the right in the meantime.
		if _, err := a.admit(r, account.EventsRead); err != nil {
			return errRefused
		}
		if err := socket.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(a.sockets.timeout)); err != nil {
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
			default: // the previous one is still waiting
			}
		}
	}
}

// close sends why the socket closes, and where to continue.
func (s *eventSockets) close(socket *eventSocket, cursor events.Cursor, err error) {
	code, reason := websocket.CloseInternalServerErr, "internal error, see the log of this instance"
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
		slog.Error("send events", "error", err)
	}
	reason += "; since=" + cursor.String()
	_ = socket.ws.WriteControl(
		websocket.CloseMessage,
		websocket.FormatCloseMessage(code, reason),
		time.Now().Add(s.timeout),
	) // the client may be gone
}
