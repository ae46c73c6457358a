package gateway

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

const secret = "a secret"

// ticket creates a session that the secret opens until expires.
func ticket(t *testing.T, conn *streams.Conn, expires time.Time, face *schemas.Reference) (id string) {
	t.Helper()
	id = uuid.NewString()
	if err := sessions.New(conn).PutTicket(streamstest.Context(t), id, schemas.Ticket{Hash: sessions.HashSecret(secret), Expires: expires}, face); err != nil {
		t.Fatal(err)
	}
	return id
}

func soon() time.Time { return time.Now().Add(time.Minute) }

func refused(t *testing.T, d *door, r lpproto.ConnectRequest, reason string) {
	t.Helper()
	c := dial(t, d)
	c.send(lpproto.NewConnect(r))
	c.wantError(lpproto.CodeSessionID)
	c.wantClose(lpproto.CloseProtocol, reason)
}

func admitted(t *testing.T, d *door, r lpproto.ConnectRequest) *client {
	t.Helper()
	c := dial(t, d)
	c.send(lpproto.NewConnect(r))
	if got := c.want(lpproto.Connected).Header(lpproto.HeaderSessionID); got != r.SessionID && r.SessionID != "" {
		t.Fatalf("opened %s, want %s", got, r.SessionID)
	}
	return c
}

func TestTokens(t *testing.T) {
	conn := world(t, "", goOn)
	d := open(t, conn, Config{})
	id, other, expired := ticket(t, conn, soon(), nil), ticket(t, conn, soon(), nil), ticket(t, conn, time.Now().Add(-time.Second), nil)
	for name, r := range map[string]lpproto.ConnectRequest{
		"without":            {SessionID: id},
		"in capitals":        {SessionID: strings.ToUpper(id)},
		"wrong":              {SessionID: id, Token: secret + "x"},
		"expired":            {SessionID: expired, Token: secret},
		"expired, without":   {SessionID: expired},
		"of a known session": {SessionID: uuid.NewString(), Token: secret},
		"no such session":    {Token: secret},
	} {
		t.Run(name, func(t *testing.T) { refused(t, d, r, "token") })
	}
	if got := stored(t, conn, id); len(got) != 0 {
		t.Error("a refused client left frames")
	}
	r := lpproto.ConnectRequest{SessionID: id, Token: secret}
	c := admitted(t, d, r)
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	refused(t, d, r, "another socket") // one socket at a time
	refused(t, d, lpproto.ConnectRequest{SessionID: id}, "token")
	capitals := dial(t, d)
	capitals.send(lpproto.NewConnect(lpproto.ConnectRequest{SessionID: strings.ToUpper(other), Token: secret}))
	if got := capitals.want(lpproto.Connected).Header(lpproto.HeaderSessionID); got != other {
		t.Errorf("opened %s, want %s", got, other)
	}
}

func TestTokenIsNeededToResumeAndUsedUpAtTheEnd(t *testing.T) {
	conn := world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		if f.GetName().GetSequence() == 2 { // a while ago
			return verdict(f, sequence, schemas.Outcome_OUTCOME_PASSED)
		}
		return goOn(f, sequence)
	})
	first, second := open(t, conn, Config{}), open(t, conn, Config{NeedsToken: outsideDevelopment})
	id := ticket(t, conn, soon(), nil)
	r := lpproto.ConnectRequest{SessionID: id, Token: secret}
	c := admitted(t, first, r)
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	c.ws.Close()
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED)
	refused(t, second, lpproto.ConnectRequest{SessionID: id}, "token")
	c = admitted(t, second, r)
	c.frame()
	c.want(lpproto.Success)
	c.wantClose(lpproto.CloseSuccess, "")
	over(t, second, r)
}

// A client with the token receives the end again, at any edge, and no other client does.
func TestEndIsRepeated(t *testing.T) {
	for outcome, code := range map[schemas.Outcome]int{
		schemas.Outcome_OUTCOME_PASSED: lpproto.CloseSuccess, schemas.Outcome_OUTCOME_DIFFERENT_FACE: lpproto.CloseDifferentFace,
	} {
		t.Run(outcome.String(), func(t *testing.T) {
			conn := world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
				d := verdict(f, sequence, outcome, schemas.CodeDifferentFace)
				d.DecidedUnixNanos = time.Now().UnixNano()
				return d
			})
			first, second := open(t, conn, Config{}), open(t, conn, Config{})
			id := ticket(t, conn, soon(), nil)
			r := lpproto.ConnectRequest{SessionID: id, Token: secret}
			c := admitted(t, first, r)
			c.frame()
			was := c.next()
			c.wantClose(code, "")
			for _, d := range []*door{first, second} {
				c := admitted(t, d, r)
				c.frame()
				if is := c.next(); is.Command != was.Command || string(is.Body) != string(was.Body) {
					t.Errorf("got %s %.80s, then %s %.80s", was.Command, was.Body, is.Command, is.Body)
				}
				c.wantClose(code, "")
			}
			refused(t, second, lpproto.ConnectRequest{SessionID: id}, "token")
			if got := stored(t, conn, id); len(got) != 1 {
				t.Errorf("%d frames are stored", len(got))
			}
			wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_CLOSED)
			c = admitted(t, second, r)
			c.send(lpproto.NewConnect(r))
			c.wantError(lpproto.CodeNotConnected)
		})
	}
	conn := world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		d := verdict(f, sequence, schemas.Outcome_OUTCOME_PASSED)
		d.DecidedUnixNanos = time.Now().UnixNano()
		return d
	})
	d := open(t, conn, Config{})
	c, id := connect(t, d, "")
	c.frame()
	c.want(lpproto.Success)
	c.wantClose(lpproto.CloseSuccess, "")
	over(t, d, lpproto.ConnectRequest{SessionID: id}) // an ID is not a secret
}

func outsideDevelopment(s *schemas.Settings) bool { return !s.Development() }

func TestTokensCanBeRequired(t *testing.T) {
	conn := world(t, "", goOn)
	d := open(t, conn, Config{NeedsToken: outsideDevelopment})
	refused(t, d, lpproto.ConnectRequest{}, "token")
	refused(t, d, lpproto.ConnectRequest{SessionID: uuid.NewString()}, "token")
	refused(t, d, lpproto.ConnectRequest{SessionID: uuid.NewString(), Token: secret}, "token")
	admitted(t, d, lpproto.ConnectRequest{SessionID: ticket(t, conn, soon(), nil), Token: secret})
	prepare(t, conn, `{"env":"development","workers":[]}`)
	connect(t, d, "")
}

// The reference face's description and name travel with the first frame, also when the session is opened twice before it.
func TestReferenceFaceIsPublished(t *testing.T) {
	conn := world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		d := verdict(f, sequence, schemas.Outcome_OUTCOME_PASSED)
		d.State.Reference = f.GetState().GetReference()
		if f.GetState().GetReference() != "" {
			d.Estimations.Verification = &schemas.Verification{Similarity: 0.93, Matched: true}
		}
		return d
	})
	d := open(t, conn, Config{})
	id := ticket(t, conn, soon(), &schemas.Reference{MediaType: "image/png", Image: []byte("face"), Workers: map[string][]byte{"matcher": {7}}})
	r := lpproto.ConnectRequest{SessionID: id, Token: secret}
	admitted(t, d, r).ws.Close()
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED)
	c := admitted(t, d, r)
	c.frame()
	got := claims(t, c.want(lpproto.Success))
	if got.Verification == nil || *got.Verification != (schemas.ClientVerification{Similarity: 0.93, Matched: true}) {
		t.Errorf("the token says %+v", got.Verification)
	}
	s := stored(t, conn, id)[0].GetState()
	if string(s.GetWorkers()["matcher"]) != "\x07" || s.GetReference() != objects.ReferenceName(id) {
		t.Errorf("the first frame has %v", s)
	}
	o, err := objects.New(conn).Open(context.Background(), s.GetReference())
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if o.MediaType != "image/png" || o.Size != 4 {
		t.Errorf("stored is %+v", o)
	}
	plain, _ := connect(t, d, "")
	plain.frame()
	if got := claims(t, plain.want(lpproto.Success)); got.Verification != nil {
		t.Errorf("a session without a reference was verified: %+v", got.Verification)
	}
}

// What a token says is for one service, for a while, and belongs to what that service asked.
func TestTokenBelongsToWhoAsked(t *testing.T) {
	conn := world(t, `{"workers":[],"token":{"issuer":"https://faces.example","audience":"bank","lifetime_seconds":60}}`,
		func(f *schemas.Frame, sequence uint64) *schemas.Decision {
			d := verdict(f, sequence, schemas.Outcome_OUTCOME_PASSED)
			d.State.Nonce = f.GetState().GetNonce()
			return d
		})
	id := uuid.NewString()
	made := schemas.Ticket{Hash: sessions.HashSecret(secret), Expires: soon(), Nonce: "of the bank"}
	if err := sessions.New(conn).PutTicket(t.Context(), id, made, nil); err != nil {
		t.Fatal(err)
	}
	c := admitted(t, open(t, conn, Config{}), lpproto.ConnectRequest{SessionID: id, Token: secret})
	c.frame()
	got := claims(t, c.want(lpproto.Success))
	last, err := sessions.New(conn).LastDecision(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := base64.RawURLEncoding.DecodeString(got.Chain)
	if err != nil || len(chain) != 32 || !bytes.Equal(chain, last.GetChain()) {
		t.Errorf("the token names the evidence %q, %v", got.Chain, err)
	}
	if got.Issuer != "https://faces.example" || got.Audience != "bank" || got.Nonce != "of the bank" || got.Expires != got.IssuedAt+60 || got.ID != id {
		t.Errorf("got %+v", got)
	}
}

// A session with a reference on which nothing was compared is not verified, and says so.
func TestUncomparedFaceIsNotVerified(t *testing.T) {
	got := schemas.ClaimsOf(&schemas.Decision{State: &schemas.SessionState{Reference: "reference/x"}}, &schemas.TokenSettings{}).Verification
	if got == nil || got.Matched || got.Similarity != 0 {
		t.Errorf("got %+v", got)
	}
}

func claims(t *testing.T, m lpproto.Message) (c schemas.Claims) {
	t.Helper()
	token, err := jwt.Parse(string(m.Body), func(*jwt.Token) (any, error) { return []byte(testKey), nil }, jwt.WithoutClaimsValidation())
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(token.Claims)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDevice(t *testing.T) {
	long := strings.Repeat("é", 200)
	for name, c := range map[string]struct {
		asked lpproto.ConnectRequest
		want  *schemas.Device
	}{
		"nothing":    {lpproto.ConnectRequest{}, nil},
		"everything": {lpproto.ConnectRequest{Device: "OBS Virtual Camera", Capabilities: `{"width": 640}`, Platform: "Linux"}, &schemas.Device{Camera: "OBS Virtual Camera", Capabilities: `{"width":640}`, Platform: "Linux"}},
		"too long":   {lpproto.ConnectRequest{Device: "x" + long, Capabilities: `{"x":"` + strings.Repeat("y", 2048) + `"}`, Platform: long}, &schemas.Device{Camera: "x" + strings.Repeat("é", 127), Platform: strings.Repeat("é", 128)}},
		"unclean":    {lpproto.ConnectRequest{Device: "a\u202eb\u0000\u200bc ", Capabilities: `[1]`, Platform: "\u2028"}, &schemas.Device{Camera: "abc"}},
		"no JSON":    {lpproto.ConnectRequest{Capabilities: `{"x":`}, nil},
	} {
		got := deviceOf(c.asked)
		if got.String() != c.want.String() || (got == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestDeviceIsPublished(t *testing.T) {
	conn := world(t, "", goOn)
	d := open(t, conn, Config{})
	id := uuid.NewString()
	c := admitted(t, d, lpproto.ConnectRequest{SessionID: id, Device: "cam", Capabilities: `{"width":640}`, Platform: "Linux"})
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	if got := stored(t, conn, id)[0].GetState().GetDevice(); got.GetCamera() != "cam" || got.GetCapabilities() != `{"width":640}` || got.GetPlatform() != "Linux" {
		t.Errorf("got %v", got)
	}
}

// Another edge continues with the state that a decision left.
func TestStateSurvivesAnotherEdge(t *testing.T) {
	var left *schemas.SessionState
	conn := world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		d := goOn(f, sequence)
		d.State.LivenessAttempts, d.State.Cooldown, d.State.FailedWindows, d.State.Fake, d.State.FaceLost = 3, 2, 1, true, 1
		d.State.Window = []*schemas.Sample{{Frame: sequence, Estimations: d.GetEstimations()}}
		d.State.Waived = []int32{schemas.CodeEyesClosed}
		d.State.Workers = map[string][]byte{schemas.WorkerMatcher: {1, 2, 3}}
		d.State.Device, d.State.Reference = f.GetState().GetDevice(), "reference/"+f.GetName().GetSession()
		left = proto.CloneOf(d.GetState())
		return d
	})
	first, second := open(t, conn, Config{}), open(t, conn, Config{})
	id := uuid.NewString()
	c := dial(t, first)
	c.send(lpproto.NewConnect(lpproto.ConnectRequest{SessionID: id, Device: "cam"}))
	secret := c.want(lpproto.Connected).Header(lpproto.HeaderResumeSecret)
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	want := left
	c.ws.Close()
	wantEvents(t, conn, id, schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_DISCONNECTED)
	c = admitted(t, second, lpproto.ConnectRequest{SessionID: id, ResumeSecret: secret, Device: "another camera"})
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	got := stored(t, conn, id)[1].GetState()
	// Known only once they are stored: the decision, and the frame whose bytes are counted.
	want.LastDecision, want.Chain, want.StoredBytes = got.GetLastDecision(), got.GetChain(), got.GetStoredBytes()
	if got.GetLastDecision() == 0 || len(got.GetChain()) != 32 || !proto.Equal(got, want) || !got.GetFake() || got.GetDevice().GetCamera() != "cam" {
		t.Errorf("the second edge continues with\n%v\nleft was\n%v", got, want)
	}
}
