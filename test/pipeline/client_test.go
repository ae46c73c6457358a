package pipeline

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// client plays the edge's part for one session.
type client struct {
	t       testing.TB
	conn    *streams.Conn
	inbox   *streams.Inbox
	id      string
	decider string
	state   *schemas.SessionState
	nonces  int
	clock   time.Time // when the last frame was received
}

// pace is the time between two frames: the accepted frames of a window, two at least, have to span a second.
const pace = 1010 * time.Millisecond

func connect(t testing.TB, conn *streams.Conn) *client {
	t.Helper()
	ctx := streamstest.Context(t)
	rev, err := settings.New(conn).Newest(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, conn: conn, id: uuid.NewString(), clock: time.Now().Add(-10 * time.Minute), state: &schemas.SessionState{SettingsRevision: rev.Number, Seed: make([]byte, 16)}}
	if _, err := rand.Read(c.state.Seed); err != nil {
		t.Fatal(err)
	}
	if c.inbox, err = conn.OpenInbox(c.id); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.inbox.Close)
	streamstest.Eventually(t, func() error {
		c.decider, err = conn.AskDecider(ctx)
		return err
	})
	return c
}

// frame returns the image as the session's next frame, with a new name.
func (c *client) frame(image []byte) *schemas.Frame {
	c.nonces++
	c.clock = c.clock.Add(pace)
	return &schemas.Frame{
		Version: schemas.Version, Name: &schemas.FrameName{Session: c.id, Sequence: c.state.GetSequence() + 1, Nonce: fmt.Sprint("test-", c.nonces)},
		MediaType: "image/jpeg", Image: image, ReceivedUnixNanos: c.clock.UnixNano(), Decider: c.decider, State: c.state,
	}
}

func (c *client) publish(f *schemas.Frame) uint64 {
	c.t.Helper()
	seq, err := c.conn.PublishFrame(context.Background(), f)
	if err != nil {
		c.t.Fatal(err)
	}
	return seq
}

// next returns the next decision sent to the client.
func (c *client) next() *schemas.Decision {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), streamstest.Timeout)
	defer cancel()
	d, err := c.inbox.Next(ctx)
	if err != nil {
		c.t.Fatalf("no decision: %v", err)
	}
	return d
}

// judge publishes an image and waits for the decision on it.
func (c *client) judge(image []byte) *schemas.Decision {
	c.t.Helper()
	f := c.frame(image)
	c.publish(f)
	d := c.next()
	if !d.GetName().Equal(f.GetName()) {
		c.t.Fatalf("decision on %s, want one on %s", d.GetName().Key(), f.GetName().Key())
	}
	if d.GetReceivedUnixNanos() != f.GetReceivedUnixNanos() || d.GetDecidedUnixNanos() < d.GetReceivedUnixNanos() {
		c.t.Errorf("a frame of %d was received at %d and decided at %d", f.GetReceivedUnixNanos(), d.GetReceivedUnixNanos(), d.GetDecidedUnixNanos())
	}
	c.state = d.GetState()
	return d
}

// decisions lists all stored decisions of the session.
func (c *client) decisions() (out []*schemas.Decision) {
	c.t.Helper()
	for d, err := range sessions.New(c.conn).DecisionsOf(streamstest.Context(c.t), c.id) {
		if err != nil {
			c.t.Fatal(err)
		}
		out = append(out, d.Message)
	}
	return out
}

// installation returns a broker that holds the settings of new sessions.
func installation(t testing.TB, document string) *streams.Conn {
	t.Helper()
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	if _, err := settings.New(conn).Put(streamstest.Context(t), []byte(document)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// start runs workers until the test ends.
func start(t testing.TB, runs ...func(context.Context) error) {
	t.Helper()
	streamstest.Go(t, func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		for _, run := range runs {
			group.Go(func() error { return run(ctx) })
		}
		return group.Wait()
	})
}
