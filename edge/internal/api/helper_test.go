package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/selene-liveness/selene/edge/internal/account"
	"github.com/selene-liveness/selene/edge/internal/events"
	"github.com/selene-liveness/selene/edge/internal/stats"
	"github.com/selene-liveness/selene/edge/internal/token"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/streams/webhook"
)

const adminToken = "a-long-random-word-a-long-random-word"

// options are those of the configuration of an edge on which the API depends.
type options struct {
	Proxies, Origins []string
	RateLimit        float64
	Variant          string
	room             error // for the frames of new sessions
}

// installation is the API of an instance on a broker, with no workers.
type installation struct {
	t    *testing.T
	conn *streams.Conn
	url  string
	api  *API
}

func install(t *testing.T, o options) *installation {
	t.Helper()
	return attach(t, streamstest.Connect(t, streamstest.Broker(t, false)), o)
}

func attach(t *testing.T, conn *streams.Conn, o options) *installation {
	t.Helper()
	here := webhook.Networks{netip.MustParsePrefix("127.0.0.0/8")}
	registry, counted, hooks := streams.NewRegistry(conn), stats.New(conn), events.NewPoster(conn, here)
	a := &API{
		Conn: conn, Registry: registry, Accounts: account.New(conn), Stats: counted, Admin: adminToken, Edge: uuid.NewString(), Variant: o.Variant, Hooks: here,
		Signer: must[*token.Signer](t)(token.Load(token.Config{DataDir: t.TempDir()})), Writes: func() error { return nil }, Room: func() error { return o.room }, Metrics: prometheus.NewRegistry(),
	}
	proxies := must[Proxies](t)(ParseProxies(o.Proxies))
	for _, run := range []func(context.Context) error{registry.Run, counted.Run, hooks.Run} {
		streamstest.Go(t, func(ctx context.Context) error {
			if err := run(ctx); ctx.Err() == nil {
				return err
			}
			return nil
		})
	}
	server := httptest.NewServer(NewGuard(proxies, o.Origins, o.RateLimit).Wrap(a.Handler()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), streamstest.Timeout)
		defer cancel()
		a.CloseEvents(ctx) // which the server knows nothing of
		server.Close()
	})
	return &installation{t, conn, server.URL, a}
}

// do sends a request with the admin token and reads the answer. headers are names and values in turn.
func (i *installation) do(method, path string, body []byte, headers ...string) (*http.Response, []byte) {
	i.t.Helper()
	r, err := http.NewRequestWithContext(streamstest.Context(i.t), method, i.url+path, bytes.NewReader(body))
	if err != nil {
		i.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	for n := 0; n+1 < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		i.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		i.t.Fatal(err)
	}
	must[*contract](i.t)(description()).check(i.t, method, path, answer, data)
	return answer, data
}

func (i *installation) get(path string, headers ...string) (*http.Response, []byte) {
	i.t.Helper()
	return i.do(http.MethodGet, path, nil, headers...)
}

// want decodes a 200 answer.
func (i *installation) want(path string, into any) {
	i.t.Helper()
	answer, body := i.get(path)
	if answer.StatusCode != http.StatusOK {
		i.t.Fatalf("GET %s: %s %s", path, answer.Status, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		i.t.Fatalf("GET %s: %v in %s", path, err, body)
	}
}

// wantProblem checks that an answer is a problem of a status and returns it.
func wantProblem(t *testing.T, answer *http.Response, body []byte, status int) (p struct {
	Title, Detail, Setting string
	Errors                 []struct{ Path, Detail string }
	Status                 int
	Missing                []string
	Video                  struct{ Status string }
},
) {
	t.Helper()
	if err := json.Unmarshal(body, &p); err != nil || answer.StatusCode != status || p.Status != status || p.Title == "" || p.Detail == "" ||
		answer.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("got %s %v %q, want a problem of status %d", answer.Status, answer.Header, body, status)
	}
	return p
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// evidence stores what a session leaves: three frames that were decided on, the second published twice, and one that came
// too late.
func evidence(t *testing.T, conn *streams.Conn) (id string, images []string) {
	t.Helper()
	ctx := streamstest.Context(t)
	id = uuid.NewString()
	event := func(kind schemas.SessionEventKind, outcome schemas.Outcome) {
		if err := conn.PublishSessionEvent(ctx, &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: kind, AtUnixNanos: time.Now().UnixNano(), Outcome: outcome}); err != nil {
			t.Fatal(err)
		}
	}
	event(schemas.SessionEventKind_SESSION_OPENED, 0)
	last, chain := uint64(0), []byte(nil)
	for n, frame := range []struct {
		sequence uint64
		image    string
		decided  bool
	}{{1, "one", true}, {2, "two", true}, {2, "two, too late", false}, {3, "three", true}, {4, "four", false}} {
		name := &schemas.FrameName{Session: id, Sequence: frame.sequence, Nonce: strconv.Itoa(n)}
		stored := must[uint64](t)(conn.PublishFrame(ctx, &schemas.Frame{
			Version: schemas.Version, Name: name, Image: []byte(frame.image), MediaType: "image/jpeg", ReceivedUnixNanos: int64(n) * 1_000_000_123,
		}))
		if !frame.decided {
			continue
		}
		images = append(images, frame.image)
		if err := conn.PublishVerdict(ctx, &schemas.Verdict{Version: schemas.Version, Name: name, Worker: "w", Decider: "d"}); err != nil {
			t.Fatal(err)
		}
		outcome := schemas.Outcome_OUTCOME_CONTINUE
		if frame.sequence == 3 {
			outcome = schemas.Outcome_OUTCOME_PASSED
		}
		d := &schemas.Decision{
			Version: schemas.Version, Name: name, Frame: stored, Outcome: outcome,
			State: &schemas.SessionState{Sequence: frame.sequence, Attempts: uint32(frame.sequence), LivenessAttempts: 1, Chain: chain},
		}
		last = must[uint64](t)(conn.PublishDecision(ctx, d, last))
		chain = d.GetChain()
	}
	event(schemas.SessionEventKind_SESSION_CLOSED, schemas.Outcome_OUTCOME_PASSED)
	return id, images
}
