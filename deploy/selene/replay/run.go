package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/lpproto"
)

// Run plays the source to the server until the server has judged, the source ends or ctx
// is done. The error is a fault of usage or environment (no such source, no server, the
// server broke or refused to talk, nothing was judged at all): what was judged is in the
// Outcome, which is filled as far as it went even then.
func Run(ctx context.Context, o Options) (Outcome, error) {
	return run(ctx, o, wallClock{})
}

func run(ctx context.Context, o Options, clk clock) (Outcome, error) {
	if o.Act != nil {
		loop := o.Loop
		o.Loop = false // the source is read once, to measure it
		src, err := o.open()
		if err != nil {
			return Outcome{}, err
		}
		defer src.Close()
		a, err := newActor(ctx, src, o)
		if err != nil {
			return Outcome{}, err
		}
		a.endless = loop
		return playTo(ctx, o, clk, a.pacedBy(clk), func() int { return 0 })
	}
	src, err := Open(o.Source, o.FPS, o.Loop)
	if err != nil {
		return Outcome{}, err
	}
	defer src.Close()
	c := &camera{src: src, fast: o.Fast, clock: clk}
	return playTo(ctx, o, clk, c.next, func() int { return c.dropped })
}

// open opens what the actor plays from.
func (o *Options) open() (Source, error) {
	if o.Attack {
		return openLibrary(o.Source, o.FPS)
	}
	return Open(o.Source, o.FPS, false)
}

// playTo connects and plays what next gives; next is told the last reply.
func playTo(ctx context.Context, o Options, clk clock, next func(Reply) (frame, error), dropped func() int) (Outcome, error) {
	c, err := dial(ctx, o.URL)
	if err != nil {
		return Outcome{}, err
	}
	defer c.close()
	go c.read()
	p := &player{Options: o, client: c, clock: clk, out: Outcome{Codes: map[int]int{}}}
	err = p.play(ctx, next)
	p.out.Dropped = dropped()
	return p.out, err
}

// player is one session in the making.
type player struct {
	Options
	client *client
	clock  clock
	sentAt time.Time
	last   Reply
	out    Outcome
	failed int // system code of the last ERROR
}

func (p *player) play(ctx context.Context, next func(Reply) (frame, error)) error {
	if err := p.connect(ctx); err != nil {
		return err
	}
	for {
		f, err := next(p.last)
		if errors.Is(err, io.EOF) {
			return p.sourceEnded(ctx)
		}
		if err != nil {
			return err
		}
		ended, err := p.pause(ctx, f.wait)
		if ended || err != nil {
			return err
		}
		if err := p.sendFrame(f); err != nil {
			return p.writeFailed(ctx, err)
		}
		e, err := p.client.wait(ctx, replyTimeout)
		if err != nil {
			return fmt.Errorf("frame %d: %w", p.out.Sent, err)
		}
		if ended, err := p.take(e); ended || err != nil {
			return err
		}
		if p.OnProgress != nil {
			p.OnProgress(Progress{Stage: "sending", Frames: p.out.Sent, Fraction: f.fraction})
		}
		if p.out.Passed || p.failed != 0 && !lpproto.StaysOpen(p.failed) {
			return p.serverEnds(ctx)
		}
	}
}

func (p *player) connect(ctx context.Context) error {
	m := lpproto.NewConnect(lpproto.ConnectRequest{Heartbeat: p.Heartbeat, SessionID: p.SessionID, Token: p.Token})
	if err := p.client.send(m, websocket.TextMessage); err != nil {
		return fmt.Errorf("send CONNECT: %w", err)
	}
	e, err := p.client.wait(ctx, replyTimeout)
	if err != nil {
		return fmt.Errorf("CONNECT: %w", err)
	}
	if e.err == nil && e.message.Command == lpproto.Connected {
		p.out.Session = e.message.Header(lpproto.HeaderSessionID)
		return nil
	}
	ended, err := p.take(e)
	if err == nil && !ended && p.failed != 0 {
		err = p.serverEnds(ctx)
	}
	if err == nil {
		err = fmt.Errorf("the server answered CONNECT with %q", e.message.Command)
	}
	return err
}

// pause waits, but not longer than the connection lives.
func (p *player) pause(ctx context.Context, d time.Duration) (ended bool, err error) {
	due := p.clock.After(d)
	for {
		select {
		case e := <-p.client.events:
			if ended, err := p.take(e); ended || err != nil {
				return true, err
			}
		case <-ctx.Done():
			return true, context.Cause(ctx)
		case <-due:
			return false, nil
		}
	}
}

func (p *player) sendFrame(f frame) error {
	contentType, body, kind := f.mediaType, f.image, websocket.BinaryMessage
	if p.Text {
		contentType, kind = lpproto.ContentJPEGBase64, websocket.TextMessage
		if f.mediaType == lpproto.ContentPNG {
			contentType = lpproto.ContentPNGBase64
		}
		body = lpproto.EncodeBase64(f.image)
	}
	p.sentAt = p.clock.Now()
	p.out.Sent++
	return p.client.send(lpproto.NewFrame(contentType, body), kind)
}

// take counts and reports what came. ended says that the connection is over; err that it
// ended for no reason of the session's.
func (p *player) take(e event) (ended bool, err error) {
	if e.err != nil {
		return true, p.closed(closeCode(e.err))
	}
	r := Reply{Command: string(e.message.Command)}
	switch e.message.Command {
	case lpproto.Stats:
		var body struct {
			Errors      []int           `json:"errors"`
			Estimations json.RawMessage `json:"estimations"`
		}
		if err := json.Unmarshal(e.message.Body, &body); err != nil {
			return true, fmt.Errorf("frame %d: the server sent STATS that are no JSON: %w", p.out.Sent, err)
		}
		r.Errors, r.Estimations = append([]int{}, body.Errors...), body.Estimations
		for _, code := range body.Errors {
			p.out.Codes[code]++
		}
		p.out.Judged++
		p.failed = 0
	case lpproto.Success:
		r.JWT = string(e.message.Body)
		p.out.Passed, p.out.JWT = true, r.JWT
		p.out.Judged++
	case lpproto.Failure:
		if p.failed, err = e.message.ErrorCode(); err != nil {
			return true, err
		}
		r.Error = p.failed
	default:
		return true, fmt.Errorf("the server sent %s where a reply to a frame was due", e.message.Command)
	}
	p.report(r)
	return false, nil
}

func (p *player) report(r Reply) {
	r.Session, r.Seq = p.out.Session, p.out.Sent
	if !p.sentAt.IsZero() {
		r.MS = float64(p.clock.Now().Sub(p.sentAt).Microseconds()) / 1000
	}
	p.last = r
	if p.OnReply != nil {
		p.OnReply(r)
	}
}

// closed takes the end of the connection and says whether the session ended properly.
func (p *player) closed(code int, reason string) error {
	p.out.CloseCode, p.out.CloseReason = code, reason
	p.report(Reply{Command: commandClosed, Code: code, Reason: reason})
	switch {
	case p.out.Passed:
		return nil
	case p.failed != 0 && !lpproto.StaysOpen(p.failed):
		return fmt.Errorf("the server refused with ERROR %d, %s", p.failed, lpproto.CodeName(p.failed))
	case p.out.Sent > 0 && (code == lpproto.CloseSuccess || code >= 4000 && code <= 4999):
		return nil // the verdict of the session: it did not pass
	}
	return fmt.Errorf("the connection ended before the session was judged: close code %d %s", code, reason)
}

// serverEnds waits for the server to close, which it does after a last word.
func (p *player) serverEnds(ctx context.Context) error {
	for {
		e, err := p.client.wait(ctx, closeTimeout)
		if err != nil && ctx.Err() == nil {
			return p.closed(lpproto.CloseSuccess, "the server left the connection open; closed by the client")
		}
		if err != nil {
			return err
		}
		if ended, err := p.take(e); ended || err != nil {
			return err
		}
	}
}

// sourceEnded closes from our side. A frame that nobody could judge is no verdict.
func (p *player) sourceEnded(ctx context.Context) error {
	deadline := time.Now().Add(closeTimeout)
	message := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "end of source")
	if err := p.client.conn.WriteControl(websocket.CloseMessage, message, deadline); err == nil {
		for { // the answer to the close; late messages no longer count
			if e, err := p.client.wait(ctx, closeTimeout); err != nil || e.err != nil {
				break
			}
		}
	}
	p.out.CloseCode, p.out.CloseReason = websocket.CloseNormalClosure, "end of source"
	p.report(Reply{Command: commandClosed, Code: p.out.CloseCode, Reason: p.out.CloseReason})
	switch {
	case p.out.Sent == 0:
		return fmt.Errorf("%s holds no picture to send", p.Source)
	case p.out.Judged == 0:
		return fmt.Errorf("none of %d frames was judged: the server answered ERROR %d, %s", p.out.Sent, p.failed, lpproto.CodeName(p.failed))
	}
	return nil
}

// writeFailed looks for the reason of a failed write: the close that the server sent.
func (p *player) writeFailed(ctx context.Context, writeErr error) error {
	for {
		e, err := p.client.wait(ctx, closeTimeout)
		if err != nil {
			return fmt.Errorf("send frame %d: %w", p.out.Sent, writeErr)
		}
		if ended, err := p.take(e); ended || err != nil {
			return err
		}
	}
}
