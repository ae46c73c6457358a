package notary

import (
	"context"
	"crypto/ed25519"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/evidence"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

var key = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func sign(c jwt.Claims) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	t.Header["kid"] = "k"
	return t.SignedString(key)
}

func known(string) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world returns a broker with a notary that does not wait long.
func world(t *testing.T, anchor Anchor) *streams.Conn {
	t.Helper()
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	s := New(conn, sign, anchor)
	s.settle = 200 * time.Millisecond
	streamstest.Go(t, s.Run)
	return conn
}

// session stores a session of one frame, and announces its end.
func session(t *testing.T, conn *streams.Conn, spoil func(*schemas.Frame)) string {
	t.Helper()
	ctx, id := streamstest.Context(t), uuid.NewString()
	name := &schemas.FrameName{Session: id, Sequence: 1, Nonce: "n"}
	frame := &schemas.Frame{Version: schemas.Version, Name: name, MediaType: "image/jpeg", Image: []byte("image")}
	var err error
	name.Sha256, err = frame.Digest()
	must(t, err)
	spoil(frame)
	at, err := conn.PublishMessage(ctx, streams.Subject(streams.KindFrame, id), frame, streams.PublishOptions{})
	must(t, err)
	verdict := &schemas.Verdict{Version: schemas.Version, Name: name, Worker: "detector", Decider: "d"}
	must(t, conn.PublishVerdict(ctx, verdict))
	digest, err := schemas.Digest(verdict)
	must(t, err)
	_, err = conn.PublishDecision(ctx, &schemas.Decision{
		Version: schemas.Version, Name: name, Frame: at, Outcome: schemas.Outcome_OUTCOME_FAKE, State: &schemas.SessionState{},
		Workers: []string{"detector"}, Verdicts: [][]byte{digest},
	}, 0)
	must(t, err)
	must(t, conn.PublishSessionEvent(ctx, &schemas.SessionEvent{
		Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_CLOSED, AtUnixNanos: 7, Edge: "e",
		Outcome: schemas.Outcome_OUTCOME_FAKE,
	}))
	return id
}

// event waits for an event of a kind.
func event(t *testing.T, conn *streams.Conn, id string, kind schemas.SessionEventKind) (found *schemas.SessionEvent) {
	t.Helper()
	streamstest.Eventually(t, func() error {
		for e, err := range sessions.New(conn).EventsOf(t.Context(), id) {
			if err != nil {
				return err
			}
			if e.Message.GetKind() == kind {
				found = e.Message
				return nil
			}
		}
		return errors.New("no such event yet")
	})
	return found
}

func TestEndedSessionsAreSealed(t *testing.T) {
	conn := world(t, Anchor{})
	spoiled := session(t, conn, func(f *schemas.Frame) { f.Image = []byte("another") })
	id := session(t, conn, func(*schemas.Frame) {})
	e := event(t, conn, id, schemas.SessionEventKind_SESSION_SEALED)
	if e.GetAtUnixNanos() != 7 || e.GetEdge() != "e" || e.GetOutcome() != schemas.Outcome_OUTCOME_FAKE {
		t.Errorf("the session is found by %v", e)
	}
	seal, err := evidence.Read[evidence.Seal](e.GetSeal(), known)
	if err != nil || seal.Session != id || seal.Frames != 1 || seal.Verdicts != 1 || seal.Decisions != 1 {
		t.Fatalf("got %+v, %v", seal, err)
	}
	check := func() error {
		walk, err := evidence.Of(t.Context(), sessions.New(conn), id)
		must(t, err)
		return seal.Check(walk, id)
	}
	must(t, check())
	must(t, conn.PublishVerdict(t.Context(), &schemas.Verdict{
		Version: schemas.Version, Name: &schemas.FrameName{Session: id, Sequence: 1, Nonce: "n"}, Worker: "matcher", Decider: "d",
	}))
	if err := check(); err == nil || errors.Is(err, evidence.ErrIncomplete) {
		t.Errorf("an added verdict: %v", err)
	}
	for e, err := range sessions.New(conn).EventsOf(t.Context(), spoiled) {
		if err != nil || e.Message.GetSeal() != "" {
			t.Errorf("a session whose frame was changed: %v, %v", e.Message, err)
		}
	}
}

func TestErasedSessionsAreNotSealed(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	s := New(conn, sign, Anchor{})
	s.settle = 0
	id := session(t, conn, func(*schemas.Frame) {})
	must(t, sessions.New(conn).Erase(t.Context(), id, &schemas.SessionEvent{
		Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_ERASED,
	}))
	end := &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_CLOSED}
	data, err := schemas.Marshal(end)
	must(t, err)
	must(t, s.seal(t.Context(), &streams.Delivery{Session: id, Data: data}))
	n := 0
	for range sessions.New(conn).EventsOf(t.Context(), id) {
		n++
	}
	if n != 1 {
		t.Errorf("%d events of an erased session", n)
	}
}

// A time-stamping authority, RFC 3161, confirms when the seal existed.
func TestAnchor(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("skipped: openssl is not installed")
	}
	dir := t.TempDir()
	openssl := func(args ...string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), "openssl", args...)
		c.Dir = dir
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("openssl %s: %v\n%s", args[0], err, out)
		}
		return string(out)
	}
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(text), mode))
		return path
	}
	write("tsa.conf", `
[req]
distinguished_name = dn
[dn]
[tsa]
default_tsa = one
[one]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
[ext]
extendedKeyUsage = critical,timeStamping
`, 0o600)
	write("serial", "01\n", 0o600)
	openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.pem", "-days", "2", "-subj", "/CN=tsa",
		"-config", "tsa.conf", "-extensions", "ext")
	// The first try fails, as if the authority could not be reached.
	command := write("stamp.sh", `#!/bin/sh
cd `+dir+`
cat > seal.txt
[ -e tried ] || { touch tried; echo "no route" >&2; exit 1; }
openssl ts -query -data seal.txt -sha256 -cert -out query.tsq 2>/dev/null &&
openssl ts -reply -config tsa.conf -section one -queryfile query.tsq 2>/dev/null
`, 0o700)
	was := anchorPolicy
	anchorPolicy.First = 10 * time.Millisecond
	t.Cleanup(func() { anchorPolicy = was })
	conn := world(t, Anchor{Command: command})
	id := session(t, conn, func(*schemas.Frame) {})
	seal := event(t, conn, id, schemas.SessionEventKind_SESSION_SEALED).GetSeal()
	anchor := event(t, conn, id, schemas.SessionEventKind_SESSION_ANCHORED).GetAnchor()
	write("kept.tsr", string(anchor), 0o600)
	write("kept.jws", seal, 0o600)
	if out := openssl("ts", "-verify", "-data", "kept.jws", "-in", "kept.tsr", "-CAfile", "tsa.pem"); !strings.Contains(out, "OK") {
		t.Error(out)
	}
}

func TestAnchorCommandsAreBounded(t *testing.T) {
	for _, command := range []string{"yes", "true", "false", "no-such-program-here"} {
		if answer, err := (Anchor{Command: command}).run(context.Background(), "seal"); err == nil {
			t.Errorf("%s: %d bytes are taken", command, len(answer))
		}
	}
	if answer, err := (Anchor{Command: "cat"}).run(context.Background(), "seal"); err != nil || string(answer) != "seal" {
		t.Errorf("got %q, %v", answer, err)
	}
}
