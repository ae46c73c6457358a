package replay

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/lpproto"
)

const (
	dialTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second
	replyTimeout = 60 * time.Second // a server that answers nothing is broken
	closeTimeout = 5 * time.Second  // for the other side to close
	maxMessage   = 32 << 20         // a SUCCESS holds the best shot in base64 inside base64
)

// event is a message of the server, or the end of the connection in err.
type event struct {
	message lpproto.Message
	err     error
}

// client is one connection. Heartbeats are taken off; a message nobody waits for is kept.
type client struct {
	conn   *websocket.Conn
	events chan event
	done   chan struct{} // closed when nobody reads events any more
}

func dial(ctx context.Context, address string) (*client, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("server address: %w", err)
	}
	if u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
		return nil, fmt.Errorf("server address is %q, want one like ws://127.0.0.1:8321/ws", address)
	}
	dialer := websocket.Dialer{HandshakeTimeout: dialTimeout}
	conn, response, err := dialer.DialContext(ctx, address, nil) //nolint:bodyclose // the dialer says that it need not be closed
	if err != nil {
		if response != nil {
			return nil, fmt.Errorf("connect to %s: %w: the server answered %s; is this the address of an LPProto door?", address, err, response.Status)
		}
		return nil, fmt.Errorf("connect to %s: %w; is the server running?", address, err)
	}
	conn.SetReadLimit(maxMessage)
	return &client{conn: conn, events: make(chan event, 4), done: make(chan struct{})}, nil
}

// read passes messages on until the connection ends. It runs in its own goroutine.
func (c *client) read() {
	for {
		_, data, err := c.conn.ReadMessage()
		e := event{err: err}
		if err == nil {
			if e.message, err = lpproto.Parse(data); err != nil {
				e.err = fmt.Errorf("the server sent what is no LPProto: %w", err)
			}
		}
		if e.err == nil && e.message.Command == lpproto.Heartbeat {
			continue
		}
		select {
		case c.events <- e:
		case <-c.done:
			return
		}
		if e.err != nil {
			return
		}
	}
}

func (c *client) send(m lpproto.Message, kind int) error {
	data, err := m.Encode()
	if err != nil {
		return err
	}
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	return c.conn.WriteMessage(kind, data)
}

// wait gives the next event, or an error when none comes in time.
func (c *client) wait(ctx context.Context, limit time.Duration) (event, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case e := <-c.events:
		return e, nil
	case <-ctx.Done():
		return event{}, context.Cause(ctx)
	case <-timer.C:
		return event{}, fmt.Errorf("the server did not answer within %v", limit)
	}
}

// close says goodbye and frees the connection.
func (c *client) close() {
	close(c.done)
	c.conn.Close()
}

// closeCode takes the WebSocket close code out of a read error; 1006 for a connection
// that just ended.
func closeCode(err error) (code int, reason string) {
	var ce *websocket.CloseError
	if errors.As(err, &ce) {
		return ce.Code, ce.Text
	}
	return websocket.CloseAbnormalClosure, err.Error()
}
