package streams_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestTicketOpensOneSession(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	id, other, now := uuid.NewString(), uuid.NewString(), time.Now()
	if _, err := c.TicketOf(ctx, id); !errors.Is(err, streams.ErrNotFound) {
		t.Fatalf("got %v", err)
	}
	face := &streams.Reference{MediaType: "image/jpeg", Image: []byte("face"), Workers: map[string][]byte{"matcher": {1, 2}}}
	for _, session := range []string{id, other} {
		ticket := streams.Ticket{Hash: streams.HashSecret("secret of " + session), Expires: now.Add(time.Minute)}
		if err := c.PutTicket(ctx, session, ticket, face); err != nil {
			t.Fatal(err)
		}
		if err := c.PutTicket(ctx, session, ticket, nil); err == nil {
			t.Error("a second ticket for the same session")
		}
	}
	ticket, err := c.TicketOf(ctx, id)
	if err != nil || ticket.Opened || ticket.Workers != nil {
		t.Fatalf("got %+v, %v", ticket, err)
	}
	for secret, want := range map[string]error{"secret of " + id: nil, "secret of " + other: streams.ErrTicket, "": streams.ErrTicket} {
		if err := ticket.Check(secret, now); !errors.Is(err, want) {
			t.Errorf("%q: %v", secret, err)
		}
	}
	if err := ticket.Check("secret of "+id, now.Add(time.Hour)); !errors.Is(err, streams.ErrTicket) {
		t.Errorf("an expired ticket: %v", err)
	}
	if _, err := c.OpenObject(ctx, streams.ReferenceObject(id)); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("the face of a session that was not opened: %v", err)
	}
	late := *ticket
	if err := c.UseTicket(ctx, ticket); err != nil {
		t.Fatal(err)
	}
	if err := c.UseTicket(ctx, &late); err == nil {
		t.Error("two have opened the session")
	}
	again, err := c.TicketOf(ctx, id)
	if err != nil || !again.Opened || string(again.Workers["matcher"]) != "\x01\x02" || again.Check("secret of "+id, now.Add(time.Hour)) != nil {
		t.Errorf("got %+v, %v", again, err)
	}
	o, err := c.OpenObject(ctx, streams.ReferenceObject(id))
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if data, err := io.ReadAll(o); err != nil || string(data) != "face" {
		t.Errorf("got %q, %v", data, err)
	}

	erased := &schemas.SessionEvent{Version: schemas.Version, Kind: schemas.SessionEventKind_SESSION_ERASED}
	for _, session := range []string{id, other} { // opened, and not
		erased.Session = session
		left, _ := c.TicketOf(ctx, session)
		if err := c.Erase(ctx, session, erased); err != nil {
			t.Fatal(err)
		}
		if _, err := c.TicketOf(ctx, session); !errors.Is(err, streams.ErrNotFound) {
			t.Errorf("the ticket is left: %v", err)
		}
		if _, err := c.OpenObject(ctx, streams.ReferenceObject(session)); !errors.Is(err, streams.ErrNotFound) {
			t.Errorf("the face is left: %v", err)
		}
		if err := c.UseTicket(ctx, left); session == other && !errors.Is(err, streams.ErrTicket) {
			t.Errorf("the waiting face is left: %v", err)
		}
	}
}

func TestReferenceFaceExpiresWithItsTicket(t *testing.T) {
	t.Parallel()
	b := streamstest.Broker(t, true)
	c := streamstest.Connect(t, b)
	ctx := streamstest.Context(t)
	id := uuid.NewString()
	if err := c.PutTicket(ctx, id, streams.Ticket{Expires: time.Now().Add(time.Second)}, &streams.Reference{}); err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := js.KeyValue(ctx, "tickets")
	if err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		if _, err := bucket.Get(ctx, "reference."+id); !errors.Is(err, jetstream.ErrKeyNotFound) {
			return fmt.Errorf("the face is there: %w", err)
		}
		return nil
	})
	ticket, err := c.TicketOf(ctx, id) // stays: the session cannot be had without it
	if err != nil {
		t.Fatal(err)
	}
	if err := c.UseTicket(ctx, ticket); !errors.Is(err, streams.ErrTicket) {
		t.Errorf("got %v", err)
	}
}

func TestDescribe(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	if _, err := c.Describe(ctx, nil); !errors.Is(err, streams.ErrNoDescriber) || streams.FaultOf(err) != streams.Infrastructure {
		t.Fatalf("got %v", err)
	}
	streamstest.Go(t, func(ctx context.Context) error {
		return c.ServeDescriber(ctx, func(image []byte) ([]byte, error) {
			switch string(image) {
			case "nobody":
				return nil, &streams.Refusal{Code: 8, Reason: "no face"}
			case "broken":
				return nil, errors.New("the secret place of the model")
			}
			return append([]byte("of "), image...), nil
		})
	})
	streamstest.Eventually(t, func() error { _, err := c.Describe(ctx, nil); return err })
	if got, err := c.Describe(ctx, []byte("face")); err != nil || string(got) != "of face" {
		t.Errorf("got %q, %v", got, err)
	}
	var refusal *streams.Refusal
	if _, err := c.Describe(ctx, []byte("nobody")); !errors.As(err, &refusal) || refusal.Code != 8 || refusal.Reason != "no face" {
		t.Errorf("got %v", err)
	}
	if _, err := c.Describe(ctx, []byte("broken")); err == nil || errors.As(err, &refusal) || err.Error() != "describe a face: the matcher failed, see its log" {
		t.Errorf("got %v", err)
	}
}
