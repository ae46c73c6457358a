package streams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/selene-liveness/selene/schemas"
)

// ErrNoDecider is returned when no decider is running.
var ErrNoDecider = errors.New("no decider is running: start `selene worker decider`")

// AskDecider returns the instance id of one of the running deciders.
func (c *Conn) AskDecider(ctx context.Context) (string, error) {
	msg, err := c.nc.RequestWithContext(ctx, deciderAsk, nil)
	if errors.Is(err, nats.ErrNoResponders) {
		return "", Blame(Infrastructure, ErrNoDecider)
	}
	if err != nil {
		return "", Blame(Infrastructure, fmt.Errorf("ask for a decider: %w", err))
	}
	return string(msg.Data), nil
}

const verdictBuffer = 8192

// ServeDecider offers this process as decider under the instance id and hands on the verdicts that were stored for it,
// one after another, until ctx is done. Verdicts are dropped when handle cannot keep up; edges notice and ask again.
func (c *Conn) ServeDecider(ctx context.Context, instance string, handle func(*schemas.Verdict)) error {
	verdicts := make(chan *nats.Msg, verdictBuffer)
	sub, err := c.nc.ChanSubscribe(storedVerdicts(instance), verdicts)
	if err != nil {
		return fmt.Errorf("listen for verdicts: %w", err)
	}
	defer unsubscribe(sub)
	service, err := micro.AddService(c.nc, micro.Config{
		Name: "selene-decider", Version: "1.0.0", Description: "joins verdicts to decisions",
		Endpoint: &micro.EndpointConfig{Subject: deciderAsk, Handler: micro.HandlerFunc(func(r micro.Request) {
			if err := r.Respond([]byte(instance)); err != nil {
				slog.Warn("offer decider", "error", err)
			}
		})},
	})
	if err != nil {
		return fmt.Errorf("offer this decider: %w", err)
	}
	defer func() {
		if err := service.Stop(); err != nil {
			slog.Warn("withdraw decider", "error", err)
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case msg := <-verdicts:
			v := &schemas.Verdict{}
			if err := schemas.Unmarshal(msg.Data, v); err != nil {
				slog.Error("unreadable verdict", "subject", msg.Subject, "error", err)
				continue
			}
			handle(v)
		}
	}
}

// Reply sends a stored decision to the edge that waits for it. Its sequence travels in the state.
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

// Inbox hears the decisions on one session. Close it.
type Inbox struct {
	sub      *nats.Subscription
	messages chan *nats.Msg
}

// OpenInbox listens for decisions on a session.
func (c *Conn) OpenInbox(session string) (*Inbox, error) {
	messages := make(chan *nats.Msg, inboxBuffer)
	sub, err := c.nc.ChanSubscribe(inbox(session), messages)
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("listen for decisions: %w", err))
	}
	return &Inbox{sub, messages}, nil
}

// Next returns the next decision. It returns ctx's error when ctx is done first.
func (i *Inbox) Next(ctx context.Context) (*schemas.Decision, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case msg := <-i.messages:
		d := &schemas.Decision{}
		return d, schemas.Unmarshal(msg.Data, d)
	}
}

// Close stops listening.
func (i *Inbox) Close() { unsubscribe(i.sub) }

func unsubscribe(sub *nats.Subscription) {
	if err := sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		slog.Warn("unsubscribe", "subject", sub.Subject, "error", err)
	}
}
