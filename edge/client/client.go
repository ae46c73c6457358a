// Package client is a client of LPProto over WebSocket: it opens a session, sends frames and receives what the server
// answers. The conversation is in lock-step: after each frame, wait for the reply before sending the next one.
package client

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/lpproto"
)

const (
	dialTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second
	replyTimeout = 60 * time.Second // longer than any server takes to judge a frame
	closeTimeout = 5 * time.Second  // for the server to answer a close
	maxMessage   = 32 << 20         // a SUCCESS holds the best shot in base64 inside base64
)

// Conn is one connection to a server. Send, Reply, Receive and Connect are for one goroutine at a time; Close may be called from any.
type Conn struct {
	ws       *websocket.Conn
	messages chan lpproto.Message // closed when the connection has ended; then err says how
	err      error
	done     chan struct{} // closed by Close
	close    func()
}

// Closed is the error of a connection that has ended.
type Closed struct {
	Code   int    // WebSocket close code; 1006 when the connection broke without one
	Reason string // the server's words, or what went wrong
}

func (c *Closed) Error() string {
	return fmt.Sprintf("the connection was closed with code %d: %s", c.Code, c.Reason)
}

// Unexpected is the error of Connect when the server sent something other than CONNECTED.
type Unexpected struct{ Message lpproto.Message }

func (u *Unexpected) Error() string {
	if code, err := u.Message.ErrorCode(); err == nil {
		return fmt.Sprintf("the server refused with ERROR %d, %s", code, lpproto.CodeName(code))
	}
	return fmt.Sprintf("the server answered CONNECT with %q", u.Message.Command)
}

// Dial connects to a server, for instance ws://127.0.0.1:8321/ws. The caller closes the connection.
func Dial(ctx context.Context, address string) (*Conn, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("server address: %w", err)
	}
	if u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
		return nil, fmt.Errorf("server address is %q: use one like ws://127.0.0.1:8321/ws", address)
	}
	dialer := websocket.Dialer{HandshakeTimeout: dialTimeout}
	ws, response, err := dialer.DialContext(ctx, address, nil) // the body of the response need not be closed
	if err != nil {
		if response != nil {
			return nil, fmt.Errorf(
				"connect to %s: %w: the server answered %s; is this the address of an LPProto server?",
				address,
				err,
				response.Status,
			)
		}
		return nil, fmt.Errorf("connect to %s: %w; is the server running?", address, err)
	}
	ws.SetReadLimit(maxMessage)
	c := &Conn{ws: ws, messages: make(chan lpproto.Message, 4), done: make(chan struct{})}
	c.close = sync.OnceFunc(func() {
		close(c.done)
		ws.Close()
	})
	go c.read()
	return c, nil
}

// read passes messages on until the connection ends.
func (c *Conn) read() {
	defer close(c.messages)
	for {
		_, data, err := c.ws.ReadMessage()
		if err != nil {
			c.err = closed(err)
			return
		}
		m, err := lpproto.Parse(data)
		if err != nil {
			c.err = closed(fmt.Errorf("the server sent a message that is not LPProto: %w", err))
			return
		}
		if m.Command == lpproto.Heartbeat {
			continue
		}
		select {
		case c.messages <- m:
		case <-c.done:
			c.err = closed(errors.New("closed by the client"))
			return
		}
	}
}

func closed(err error) *Closed {
	var ce *websocket.CloseError
	if errors.As(err, &ce) {
		return &Closed{ce.Code, ce.Text}
	}
	return &Closed{websocket.CloseAbnormalClosure, err.Error()}
}

// Session is what the next ConnectRequest needs to resume a session after a broken connection.
type Session struct {
	ID           string
	ResumeSecret string // "" when the session was opened with a token, which then resumes it
}

// Connect opens or resumes a session. The error is an *Unexpected when the server answered something other than CONNECTED, and a
// *Closed when it closed the connection.
func (c *Conn) Connect(ctx context.Context, r lpproto.ConnectRequest) (Session, error) {
	if err := c.Send(lpproto.NewConnect(r)); err != nil {
		return Session{}, fmt.Errorf("send CONNECT: %w", err)
	}
	m, err := c.Reply(ctx)
	if err != nil {
		return Session{}, fmt.Errorf("CONNECT: %w", err)
	}
	if m.Command != lpproto.Connected {
		return Session{}, &Unexpected{m}
	}
	return Session{m.Header(lpproto.HeaderSessionID), m.Header(lpproto.HeaderResumeSecret)}, nil
}

// Send sends a message in text form.
func (c *Conn) Send(m lpproto.Message) error { return c.write(websocket.TextMessage, m) }

// SendFrame sends a JPEG or PNG file as it is; mediaType is lpproto.ContentJPEG or lpproto.ContentPNG.
func (c *Conn) SendFrame(mediaType string, image []byte) error {
	return c.write(websocket.BinaryMessage, lpproto.NewFrame(mediaType, image))
}

// SendFrameText sends the same as SendFrame in base64, for networks that do not let binary messages through.
func (c *Conn) SendFrameText(mediaType string, image []byte) error {
	contentType := lpproto.ContentJPEGBase64
	if mediaType == lpproto.ContentPNG {
		contentType = lpproto.ContentPNGBase64
	}
	return c.Send(lpproto.NewFrame(contentType, lpproto.EncodeBase64(image)))
}

func (c *Conn) write(kind int, m lpproto.Message) error {
	data, err := m.Encode()
	if err != nil {
		return err
	}
	if err := c.ws.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	return c.ws.WriteMessage(kind, data)
}

// Messages returns the channel on which the server's messages arrive, heartbeats left out. It is closed when the connection
// ends; Receive then returns the reason.
func (c *Conn) Messages() <-chan lpproto.Message { return c.messages }

// Receive returns the next message of the server, heartbeats left out. The error is a *Closed when the connection has ended,
// and the cause of ctx when that is done first.
func (c *Conn) Receive(ctx context.Context) (lpproto.Message, error) {
	select {
	case m, ok := <-c.messages:
		if !ok {
			return m, c.err
		}
		return m, nil
	case <-ctx.Done():
		return lpproto.Message{}, context.Cause(ctx)
	}
}

// Reply is Receive with a limit of a minute, after which a server is taken for broken.
func (c *Conn) Reply(ctx context.Context) (lpproto.Message, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, replyTimeout, fmt.Errorf("the server did not answer within %v", replyTimeout))
	defer cancel()
	return c.Receive(ctx)
}

// Leave ends the session from the client's side: it sends close code 1000 with the reason and waits up to five
// seconds for the server to close. It drops messages that are still on their way.
func (c *Conn) Leave(ctx context.Context, reason string) {
	message := websocket.FormatCloseMessage(websocket.CloseNormalClosure, reason)
	if c.ws.WriteControl(websocket.CloseMessage, message, time.Now().Add(closeTimeout)) != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	for {
		if _, err := c.Receive(ctx); err != nil {
			return
		}
	}
}

// Close closes the connection at once.
func (c *Conn) Close() { c.close() }
