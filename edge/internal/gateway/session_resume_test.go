package gateway

import (
	"testing"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// drop opens a session, has a frame judged unless frames is 0, and breaks the connection.
func drop(t *testing.T, conn *streams.Conn, d *door, frames int) (id, secret string) {
	t.Helper()
	c, id := connect(t, d, "")
	for range frames {
		c.frame()
		c.wantStats(schemas.CodeMoreFrames)
	}
	c.ws.Close()
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED)
	return id, secretOf(id)
}

// The attack: a stranger has read the ID of a dropped session, from an address, a log or an event.
func TestDroppedSessionIsNotTakenOverByItsID(t *testing.T) {
	conn := world(t, "", goOn)
	first, second := open(t, conn, Config{}), open(t, conn, Config{NeedsSecret: outsideDevelopment})
	for frames := range 2 {
		id, secret := drop(t, conn, first, frames)
		if len(secret) < 26 { // 130 bits in base32
			t.Fatalf("the secret is %q", secret)
		}
		_, other := drop(t, conn, first, 1)
		for _, d := range []*door{first, second} {
			for _, wrong := range []string{"", "x", other, secret + "x", secret[:25]} {
				refused(t, d, lpproto.ConnectRequest{SessionID: id, ResumeSecret: wrong}, "resume secret is missing or wrong")
			}
		}
		c, again := connect(t, second, id)
		if again != id || secretOf(id) != secret {
			t.Errorf("resumed %s with a new secret %q, want %s with %q", again, secretOf(id), id, secret)
		}
		c.frame()
		c.wantStats(schemas.CodeMoreFrames)
		if got := stored(t, conn, id); len(got) != frames+1 {
			t.Errorf("%d frames are stored, want %d", len(got), frames+1)
		}
	}
}

// Who asks with a secret does not learn whether a session is unknown, has ended, or has another one.
func TestRefusalsOfSecretsAreTheSame(t *testing.T) {
	conn := world(t, "", always(schemas.Outcome_OUTCOME_FAKE))
	d := open(t, conn, Config{})
	ended, id := connect(t, d, "")
	ended.frame()
	ended.wantStats()
	ended.wantClose(lpproto.CloseFakeSession, "")
	live, _ := drop(t, conn, d, 0)
	for _, r := range []lpproto.ConnectRequest{
		{SessionID: uuid.NewString(), ResumeSecret: "x"},
		{SessionID: id, ResumeSecret: "x"},
		{SessionID: live, ResumeSecret: "x"},
		{SessionID: id, ResumeSecret: secretOf(id)},
	} {
		refused(t, d, r, sessions.ErrKey.Error())
	}
}

// A session that nothing but its decisions is left of cannot be resumed: nobody can show its secret.
func TestSessionWithoutPresenceIsNotTakenOver(t *testing.T) {
	conn := world(t, "", goOn)
	d := open(t, conn, Config{})
	id, secret := drop(t, conn, d, 1)
	if err := sessions.New(conn).Forget(streamstest.Context(t), id); err != nil {
		t.Fatal(err)
	}
	refused(t, d, lpproto.ConnectRequest{SessionID: id}, "resume secret")
	refused(t, d, lpproto.ConnectRequest{SessionID: id, ResumeSecret: secret}, "resume secret")
}

// By a setting, clients that do not know secrets resume by the ID; a wrong secret is still refused.
func TestOldClientsResumeBySetting(t *testing.T) {
	conn := world(t, "", goOn)
	lenient := open(t, conn, Config{NeedsSecret: func(*schemas.Settings) bool { return false }})
	id, secret := drop(t, conn, lenient, 1)
	refused(t, lenient, lpproto.ConnectRequest{SessionID: id, ResumeSecret: "x"}, "resume secret")
	c := admitted(t, lenient, lpproto.ConnectRequest{SessionID: id})
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	c.ws.Close()
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED,
		schemas.SessionEventKind_SESSION_RESUMED, schemas.SessionEventKind_SESSION_DISCONNECTED)
	if _, again := connect(t, lenient, id); again != id || secretOf(id) != secret {
		t.Errorf("the secret changed to %q", secretOf(id))
	}
}

// A session with a ticket has its token for a secret, and gets no other.
func TestTicketsNeedNoResumeSecret(t *testing.T) {
	conn := world(t, "", goOn)
	d := open(t, conn, Config{})
	c := dial(t, d)
	c.send(lpproto.NewConnect(lpproto.ConnectRequest{SessionID: ticket(t, conn, soon(), nil), Token: secret}))
	if got := c.want(lpproto.Connected).Header(lpproto.HeaderResumeSecret); got != "" {
		t.Errorf("got a secret %q", got)
	}
}

// A claim that failed before the client knew of it leaves nothing that keeps the client out.
func TestFailedClaimKeepsNobodyOut(t *testing.T) {
	conn := world(t, "", goOn)
	ctx := streamstest.Context(t)
	id := uuid.NewString()
	store := sessions.New(conn)
	p, err := store.Claim(ctx, id, "edge", timeoutOf(&schemas.Settings{Video: schemas.Video{SessionTimeout: 60}}), &sessions.Key{})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Unclaim(ctx, id, p, timeoutOf(&schemas.Settings{Video: schemas.Video{SessionTimeout: 60}})); err != nil {
		t.Fatal(err)
	}
	admitted(t, open(t, conn, Config{}), lpproto.ConnectRequest{SessionID: id})
}
