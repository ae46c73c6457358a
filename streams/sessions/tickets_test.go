package sessions_test

import (
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
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestTicketOpensOneSession(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	id, other, now := uuid.NewString(), uuid.NewString(), time.Now()
	if _, err := sessions.New(c).TicketOf(ctx, id); !errors.Is(err, streams.ErrNotFound) {
		t.Fatalf("got %v", err)
	}
	face := &schemas.Reference{MediaType: "image/jpeg", Image: []byte("face"), Workers: map[string][]byte{"matcher": {1, 2}}}
	for _, session := range []string{id, other} {
		ticket := schemas.Ticket{Hash: sessions.HashSecret("secret of " + session), Expires: now.Add(time.Minute)}
		if err := sessions.New(c).PutTicket(ctx, session, ticket, face); err != nil {
			t.Fatal(err)
		}
		if err := sessions.New(c).PutTicket(ctx, session, ticket, nil); err == nil {
			t.Error("created a second ticket for the same session")
		}
	}
	ticket, err := sessions.New(c).TicketOf(ctx, id)
	if err != nil || ticket.Opened || ticket.Workers != nil {
		t.Fatalf("got %+v, %v", ticket, err)
	}
	for secret, want := range map[string]error{"secret of " + id: nil, "secret of " + other: sessions.ErrTicket, "": sessions.ErrTicket} {
		if err := ticket.Check(secret, now); !errors.Is(err, want) {
			t.Errorf("%q: %v", secret, err)
		}
	}
	if err := ticket.Check("secret of "+id, now.Add(time.Hour)); !errors.Is(err, sessions.ErrTicket) {
		t.Errorf("an expired ticket: %v", err)
	}
	if _, err := objects.New(c).Open(ctx, objects.ReferenceName(id)); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("the face of a session that was not opened: %v", err)
	}
	late := *ticket
	if err := sessions.New(c).UseTicket(ctx, ticket); err != nil {
		t.Fatal(err)
	}
	if err := sessions.New(c).UseTicket(ctx, &late); err == nil {
		t.Error("two have opened the session")
	}
	again, err := sessions.New(c).TicketOf(ctx, id)
	if err != nil || !again.Opened || string(again.Workers["matcher"]) != "\x01\x02" || again.Check("secret of "+id, now.Add(time.Hour)) != nil {
		t.Errorf("got %+v, %v", again, err)
	}
	o, err := objects.New(c).Open(ctx, objects.ReferenceName(id))
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
		left, _ := sessions.New(c).TicketOf(ctx, session)
		if err := sessions.New(c).Erase(ctx, session, erased); err != nil {
			t.Fatal(err)
		}
		if _, err := sessions.New(c).TicketOf(ctx, session); !errors.Is(err, streams.ErrNotFound) {
			t.Errorf("the ticket is left: %v", err)
		}
		if _, err := objects.New(c).Open(ctx, objects.ReferenceName(session)); !errors.Is(err, streams.ErrNotFound) {
			t.Errorf("the face is left: %v", err)
		}
		if err := sessions.New(c).UseTicket(ctx, left); session == other && !errors.Is(err, sessions.ErrTicket) {
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
	if err := sessions.New(c).PutTicket(ctx, id, schemas.Ticket{Expires: time.Now().Add(time.Second)}, &schemas.Reference{}); err != nil {
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
	ticket, err := sessions.New(c).TicketOf(ctx, id) // stays: the session cannot be had without it
	if err != nil {
		t.Fatal(err)
	}
	if err := sessions.New(c).UseTicket(ctx, ticket); !errors.Is(err, sessions.ErrTicket) {
		t.Errorf("got %v", err)
	}
}
