package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/selene-liveness/selene/edge/internal/api"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

const adminToken = "a-long-random-word-a-long-random-word"

// installation is an edge on a broker, without workers.
type installation struct {
	t    *testing.T
	conn *streams.Conn
	url  string
	edge *Edge
}

func install(t *testing.T, c Config) *installation {
	t.Helper()
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	return attach(t, conn, c)
}

func attach(t *testing.T, conn *streams.Conn, c Config) *installation {
	t.Helper()
	if c.DataDir == "" {
		c.DataDir = t.TempDir()
	}
	if c.AdminToken == "" {
		c.AdminToken = adminToken
	}
	e, err := New(streamstest.Context(t), conn, c)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	streamstest.Go(t, func(ctx context.Context) error { return e.Serve(ctx, listener) })
	return &installation{t, conn, "http://" + listener.Addr().String(), e}
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
	return answer, data
}

func (i *installation) get(path string, headers ...string) (*http.Response, []byte) {
	i.t.Helper()
	return i.do(http.MethodGet, path, nil, headers...)
}

// wantProblem checks that an answer is a problem of a status and returns it.
func wantProblem(t *testing.T, answer *http.Response, body []byte, status int) (p api.Problem) {
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
