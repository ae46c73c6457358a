package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/deploy/tools/mediafile"
	"github.com/selene-liveness/selene/deploy/tools/terminal"
	"github.com/selene-liveness/selene/edge/client"
	"github.com/selene-liveness/selene/edge/lpproto"
)

const (
	closeTimeout = 5 * time.Second // for the server to close
	endOfSource  = "end of source"
)

// Run plays the source to the server until the session has ended, the source ends or ctx is done. The error is one of usage or
// environment: the source or the server cannot be reached, the server broke or refused the session, or no frame was judged.
// The Outcome is filled as far as the session went, even with an error.
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
	src, err := mediafile.Open(o.Source, o.FPS, o.Loop)
	if err != nil {
		return Outcome{}, err
	}
	defer src.Close()
	c := &camera{src: src, fast: o.Fast, clock: clk}
	return playTo(ctx, o, clk, c.next, func() int { return c.dropped })
}

// open opens the source from which the actor plays.
func (o *Options) open() (mediafile.Source, error) {
	if o.Attack {
		return mediafile.OpenLibrary(o.Source, o.FPS)
	}
	return mediafile.Open(o.Source, o.FPS, false)
}

// playTo connects and plays the frames of next, which is called with the last reply.
func playTo(ctx context.Context, o Options, clk clock, next func(Reply) (frame, error), dropped func() int) (Outcome, error) {
	conn, err := client.Dial(ctx, o.URL)
	if err != nil {
		return Outcome{}, err
	}
	defer conn.Close()
	p := &player{Options: o, conn: conn, clock: clk, out: Outcome{Codes: map[int]int{}}}
	err = p.play(ctx, next)
	p.out.Dropped = dropped()
	return p.out, err
}

// player plays one session.
type player struct {
	Options
	conn   *client.Conn
	clock  clock
	secret string // that resumes the session
	sentAt time.Time
	last   Reply
	out    Outcome
	failed int // system code of the last ERROR, 0 after a judged frame
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
		m, err := p.conn.Reply(ctx)
		if err != nil {
			return p.ended(err, fmt.Sprintf("frame %d", p.out.Sent))
		}
		if err := p.take(m); err != nil {
			return err
		}
		if p.OnProgress != nil {
			p.OnProgress(terminal.Progress{Stage: "sending", Detail: fmt.Sprintf("%d frames", p.out.Sent), Fraction: f.fraction})
		}
		if p.out.Passed || p.failed != 0 && !lpproto.StaysOpen(p.failed) {
			return p.serverEnds(ctx)
		}
	}
}

func (p *player) connect(ctx context.Context) error {
	session, err := p.conn.Connect(ctx, lpproto.ConnectRequest{
		Heartbeat: p.Heartbeat, SessionID: p.SessionID, Token: p.Token, ResumeSecret: p.ResumeSecret,
	})
	p.out.Session, p.secret = session.ID, session.ResumeSecret
	var unexpected *client.Unexpected
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &unexpected):
		return p.ended(err, "")
	}
	if err := p.take(unexpected.Message); err != nil {
		return err
	}
	if p.failed != 0 {
		if err := p.serverEnds(ctx); err != nil {
			return err
		}
	}
	return unexpected
}

// pause waits, at most until the connection ends.
func (p *player) pause(ctx context.Context, d time.Duration) (ended bool, err error) {
	due := p.clock.After(d)
	for {
		select {
		case m, ok := <-p.conn.Messages():
			if !ok {
				_, err := p.conn.Receive(ctx)
				return true, p.ended(err, "")
			}
			if err := p.take(m); err != nil {
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
	p.sentAt = p.clock.Now()
	p.out.Sent++
	if p.Text {
		return p.conn.SendFrameText(f.mediaType, f.image)
	}
	return p.conn.SendFrame(f.mediaType, f.image)
}

// ended handles an error of the connection: its end is reported and judged, every other error is returned.
func (p *player) ended(err error, during string) error {
	var closed *client.Closed
	switch {
	case errors.As(err, &closed):
		return p.closed(closed.Code, closed.Reason)
	case during != "":
		return fmt.Errorf("%s: %w", during, err)
	}
	return err
}

// take counts and reports a message. Its error is a violation of the protocol.
func (p *player) take(m lpproto.Message) (err error) {
	r := Reply{Command: string(m.Command)}
	switch m.Command {
	case lpproto.Stats:
		var body struct {
			Errors      []int           `json:"errors"`
			Estimations json.RawMessage `json:"estimations"`
		}
		if err := json.Unmarshal(m.Body, &body); err != nil {
			return fmt.Errorf("frame %d: the server sent STATS that are not JSON: %w", p.out.Sent, err)
		}
		r.Errors, r.Estimations = append([]int{}, body.Errors...), body.Estimations
		for _, code := range body.Errors {
			p.out.Codes[code]++
		}
		p.out.Judged++
		p.failed = 0
	case lpproto.Success:
		r.JWT = string(m.Body)
		p.out.Passed, p.out.JWT = true, r.JWT
		p.out.Judged++
	case lpproto.Failure:
		if p.failed, err = m.ErrorCode(); err != nil {
			return err
		}
		r.Error = p.failed
	default:
		return fmt.Errorf("the server sent %s where a reply to a frame was due", m.Command)
	}
	p.report(r)
	return nil
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

// closed reports the end of the connection. The error is non-nil if the session did not end properly.
func (p *player) closed(code int, reason string) error {
	p.out.CloseCode, p.out.CloseReason = code, reason
	r := Reply{Command: commandClosed, Code: code, Reason: reason}
	if code == lpproto.CloseRestart || code == websocket.CloseAbnormalClosure {
		r.ResumeSecret = p.secret
	}
	p.report(r)
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

// serverEnds waits for the server to close the connection after its last message.
func (p *player) serverEnds(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	for {
		m, err := p.conn.Receive(waiting)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return p.closed(lpproto.CloseSuccess, "the server left the connection open; closed by the client")
		}
		if err != nil {
			return p.ended(err, "")
		}
		if err := p.take(m); err != nil {
			return err
		}
	}
}

// sourceEnded closes the connection from our side. It is an error when no frame was judged, which is not a verdict.
func (p *player) sourceEnded(ctx context.Context) error {
	p.conn.Leave(ctx, endOfSource)
	p.out.CloseCode, p.out.CloseReason = lpproto.CloseSuccess, endOfSource
	p.report(Reply{Command: commandClosed, Code: p.out.CloseCode, Reason: p.out.CloseReason, ResumeSecret: p.secret})
	switch {
	case p.out.Sent == 0:
		return fmt.Errorf("%s has no picture to send", p.Source)
	case p.out.Judged == 0:
		return fmt.Errorf(
			"none of %d frames was judged: the server answered ERROR %d, %s",
			p.out.Sent,
			p.failed,
			lpproto.CodeName(p.failed),
		)
	}
	return nil
}

// writeFailed looks for the reason of a failed write: the close that the server sent.
func (p *player) writeFailed(ctx context.Context, writeErr error) error {
	waiting, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	for {
		m, err := p.conn.Receive(waiting)
		var closed *client.Closed
		switch {
		case errors.As(err, &closed):
			return p.closed(closed.Code, closed.Reason)
		case err != nil:
			return fmt.Errorf("send frame %d: %w", p.out.Sent, writeErr)
		}
		if err := p.take(m); err != nil {
			return err
		}
	}
}
