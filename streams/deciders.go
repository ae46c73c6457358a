package streams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/selene-liveness/selene/schemas"
)

// AskDecider returns the instance ID of one of the running deciders. It returns ErrNoDecider when none is running.
func (c *Conn) AskDecider(ctx context.Context) (string, error) {
	instance, err := c.Request(ctx, ServiceDecider, nil)
	if errors.Is(err, ErrNoService) {
		return "", Blame(Infrastructure, ErrNoDecider)
	}
	return string(instance), err
}

const verdictBuffer = 8192

// ServeDecider offers this process as a decider under the instance ID and passes it the verdicts that were stored for it, one
// after another, until ctx is done. Verdicts are dropped when handle cannot keep up; edges notice and publish the frame again.
func (c *Conn) ServeDecider(ctx context.Context, instance string, handle func(*schemas.Verdict)) error {
	verdicts := make(chan *nats.Msg, verdictBuffer)
	sub, err := c.nc.ChanSubscribe(storedVerdicts(instance), verdicts)
	if err != nil {
		return fmt.Errorf("subscribe to verdicts: %w", err)
	}
	defer unsubscribe(sub)
	serving := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		serving <- c.Serve(ctx, ServiceDecider, func(context.Context, []byte) ([]byte, error) { return []byte(instance), nil })
	}()
	for {
		select {
		case <-ctx.Done():
			return <-serving
		case msg := <-verdicts:
			if v := c.readVerdict(ctx, msg); v != nil {
				handle(v)
			}
		}
	}
}

// readVerdict returns nil for a verdict of an erased session, and for one that cannot be read or that is not its publisher's, of which
// it logs the reason once in a while.
func (c *Conn) readVerdict(ctx context.Context, msg *nats.Msg) *schemas.Verdict {
	data, err := c.keys.open(ctx, msg.Subject, msg.Header, msg.Data)
	if errors.Is(err, ErrErased) {
		return nil
	}
	var v *schemas.Verdict
	if err == nil {
		v, err = VerdictOf(msg.Subject, data)
	}
	if err != nil {
		if more, logged := c.asides.note("verdicts", time.Now()); logged {
			slog.Error("verdict refused", "subject", msg.Subject, "error", err, "more", more)
		}
		return nil
	}
	return v
}

// Reply sends a stored decision, with its sequence in the state, to the edge that waits for it.
func (c *Conn) Reply(d *schemas.Decision) error {
	if err := refuseRun("a reply", d.GetName()); err != nil {
		return err
	}
	data, err := schemas.Marshal(d)
	if err != nil {
		return err
	}
	if err := c.nc.Publish(inbox(d.GetName().GetSession()), data); err != nil {
		return Blame(Infrastructure, fmt.Errorf("reply: %w", err))
	}
	return nil
}

const inboxBuffer = 16

// Inbox receives the decisions on one session. Close it.
type Inbox struct {
	sub      *nats.Subscription
	messages chan *nats.Msg
}

// OpenInbox subscribes to the decisions on a session.
func (c *Conn) OpenInbox(session string) (*Inbox, error) {
	messages := make(chan *nats.Msg, inboxBuffer)
	sub, err := c.nc.ChanSubscribe(inbox(session), messages)
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("subscribe to decisions: %w", err))
	}
	return &Inbox{sub, messages}, nil
}

// Next returns the next decision, or ctx's error when ctx is done first.
func (i *Inbox) Next(ctx context.Context) (*schemas.Decision, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case msg := <-i.messages:
		d := &schemas.Decision{}
		return d, schemas.Unmarshal(msg.Data, d)
	}
}

// Close ends the subscription.
func (i *Inbox) Close() { unsubscribe(i.sub) }

func unsubscribe(sub *nats.Subscription) {
	if err := sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		slog.Warn("unsubscribe", "subject", sub.Subject, "error", err)
	}
}
