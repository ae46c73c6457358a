package gateway

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// over checks that a client is refused because the session has ended.
func over(t *testing.T, d *door, r lpproto.ConnectRequest) {
	t.Helper()
	c := dial(t, d)
	c.send(lpproto.NewConnect(r))
	c.wantError(lpproto.CodeEnded)
	c.wantClose(lpproto.CloseProtocol, "session has ended")
}

// once judges: the first session with a label passes, all others fail.
func once(f *schemas.Frame, sequence uint64) *schemas.Decision {
	d := verdict(f, sequence, schemas.Outcome_OUTCOME_ACTIONS_FAILED, schemas.CodeActionsFailed)
	if f.GetState().GetLabel() != "" {
		d = verdict(f, sequence, schemas.Outcome_OUTCOME_PASSED)
	}
	d.State.Label = f.GetState().GetLabel()
	return d
}

const reusing = `{"workers":[],"session":{"reuse_ids":true},"lockout":{"max_address_failures":0}}`

// attempt opens the ID as a client that knows no secret, shows a frame, and returns the client after it.
func attempt(t *testing.T, d *door, id string) *client {
	t.Helper()
	c := dial(t, d)
	c.send(lpproto.NewConnect(lpproto.ConnectRequest{SessionID: id}))
	if got := c.want(lpproto.Connected).Header(lpproto.HeaderSessionID); got != strings.ToLower(id) {
		t.Errorf("CONNECTED names %q, want %q", got, id)
	}
	c.frame()
	return c
}

func TestAnIDIsUsedAgainForANewAttempt(t *testing.T) {
	conn := world(t, reusing, once)
	d := open(t, conn, Config{})
	store, ctx, id := sessions.New(conn), streamstest.Context(t), uuid.NewString()
	attempt(t, d, id).wantStats(schemas.CodeActionsFailed)
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_CLOSED)

	message := attempt(t, d, strings.ToUpper(id)).want(lpproto.Success)
	attempts, err := store.AttemptsOf(ctx, id)
	if err != nil || len(attempts.Later) != 1 || attempts.Later[0] == id {
		t.Fatalf("attempts %+v, %v", attempts, err)
	}
	later := attempts.Later[0]
	token, _, err := jwt.NewParser().ParseUnverified(string(message.Body), jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	if claims := token.Claims.(jwt.MapClaims); claims["jti"] != later || claims["label"] != id {
		data, _ := json.Marshal(claims)
		t.Errorf("claims %s, want the session %s with the label %s", data, later, id)
	}
	// Each has its own evidence.
	for _, session := range []string{id, later} {
		wantEvents(t, conn, session, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_CLOSED)
		if got := stored(t, conn, session); len(got) != 1 {
			t.Errorf("session %s has %d frames", session, len(got))
		}
	}
	for e, err := range store.EventsOf(ctx, later) {
		if err != nil || e.Message.GetLabel() != id {
			t.Errorf("event %v, %v", e.Message, err)
		}
	}
	// The ID of an attempt is not used again, and neither is that of a session that is to be resumed.
	over(t, d, lpproto.ConnectRequest{SessionID: later})
	refused(t, d, lpproto.ConnectRequest{SessionID: id, ResumeSecret: "x"}, sessions.ErrKey.Error())

	attempt(t, d, id).want(lpproto.Success)
	if attempts, err = store.AttemptsOf(ctx, id); err != nil || len(attempts.Later) != 2 {
		t.Fatalf("attempts %+v, %v", attempts, err)
	}
	// Erasing the ID erases all attempts, and nobody uses any of their IDs again.
	if err := store.Erase(ctx, id, &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_ERASED}); err != nil {
		t.Fatal(err)
	}
	for _, session := range attempts.All() {
		wantEvents(t, conn, session, schemas.SessionEventKind_SESSION_ERASED)
		refused(t, d, lpproto.ConnectRequest{SessionID: session}, "erased")
		if got := stored(t, conn, session); len(got) > 0 {
			t.Errorf("session %s still has %d frames", session, len(got))
		}
	}
}

func TestAnAttemptIsResumedByTheIDThatWasAskedFor(t *testing.T) {
	conn := world(t, reusing, func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		d := once(f, sequence)
		if f.GetState().GetLabel() != "" && f.GetName().GetSequence() < 2 {
			d.Outcome = schemas.Outcome_OUTCOME_CONTINUE
			d.Errors = []int32{schemas.CodeMoreFrames}
		}
		return d
	})
	d := open(t, conn, Config{})
	id := uuid.NewString()
	attempt(t, d, id).wantStats(schemas.CodeActionsFailed)
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_CLOSED)
	c, _ := connect(t, d, id)
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	refused(t, d, lpproto.ConnectRequest{SessionID: id}, "") // without its secret
	c.ws.Close()
	attempts, err := sessions.New(conn).AttemptsOf(t.Context(), id)
	if err != nil || len(attempts.Later) != 1 {
		t.Fatalf("attempts %+v, %v", attempts, err)
	}
	wantEvents(t, conn, attempts.Later[0], schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED)
	c, _ = connect(t, d, id)
	c.frame()
	c.want(lpproto.Success)
}

func TestIDsAreNotUsedAgainUnlessTheSettingsSaySo(t *testing.T) {
	conn := world(t, "", once)
	d := open(t, conn, Config{})
	id := uuid.NewString()
	attempt(t, d, id).wantStats(schemas.CodeActionsFailed)
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_CLOSED)
	over(t, d, lpproto.ConnectRequest{SessionID: id})
}

// The attempts of an address count against its lock-out, although each is a session of its own.
func TestAttemptsUnderOneIDCountAsFailures(t *testing.T) {
	conn := world(t, `{"workers":[],"session":{"reuse_ids":true},"lockout":{"max_address_failures":2}}`, always(schemas.Outcome_OUTCOME_ACTIONS_FAILED, schemas.CodeActionsFailed))
	d := open(t, conn, from("192.0.2.7"))
	id := uuid.NewString()
	for range 2 {
		c := attempt(t, d, id)
		c.wantStats(schemas.CodeActionsFailed)
		c.wantClose(lpproto.CloseActionsFailed, "")
	}
	streamstest.Eventually(t, func() error {
		c := dial(t, d)
		c.send(lpproto.NewConnect(lpproto.ConnectRequest{SessionID: id}))
		m := c.next()
		c.ws.Close()
		if code, _ := m.ErrorCode(); code != lpproto.CodeLockedOut {
			return errors.New("not locked out yet: " + string(m.Command))
		}
		return nil
	})
}

func TestOneOfTwoClientsGetsTheNextAttempt(t *testing.T) {
	store := sessions.New(streamstest.Connect(t, streamstest.Broker(t, false)))
	ctx, id := streamstest.Context(t), uuid.NewString()
	attempts, err := store.AttemptsOf(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		group.Go(func() { results[i] = store.AddAttempt(ctx, attempts, uuid.NewString()) })
	}
	group.Wait()
	added := 0
	for _, err := range results {
		if err == nil {
			added++
		} else if !errors.Is(err, streams.ErrChanged) {
			t.Error(err)
		}
	}
	if now, err := store.AttemptsOf(ctx, id); err != nil || added != 1 || len(now.Later) != 1 {
		t.Errorf("%d were added, attempts %+v, %v", added, now, err)
	}
	if _, err := store.CloseAttempts(ctx, id); err != nil {
		t.Fatal(err)
	}
	closed, err := store.AttemptsOf(ctx, id)
	if err != nil || len(closed.Later) != 1 {
		t.Fatalf("%+v, %v", closed, err)
	}
	if err := store.AddAttempt(ctx, closed, uuid.NewString()); !errors.Is(err, streams.ErrChanged) {
		t.Errorf("added to closed attempts: %v", err)
	}
}
