package modelstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

const content = "the weights of a network"

// TestDownload pulls a pack of one file from a server that behaves in each way.
func TestDownload(t *testing.T) {
	whole := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, content) }
	tests := map[string]struct {
		serve http.HandlerFunc
		want  string // in the error, "" for none
	}{
		"ok": {whole, ""},
		"wrong content": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.Repeat("x", len(content)))
		}, "expected " + digestOf(content)},
		"too long": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, content, content)
		}, fmt.Sprintf("expected %d bytes, found more", len(content))},
		"too short": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, content[:10])
		}, fmt.Sprintf("10 bytes, expected %d", len(content))},
		"not there": {http.NotFound, "404"},
		"cut connection": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			fmt.Fprint(w, content[:10])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, "after 10 of"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				tc.serve(w, r)
			}))
			defer srv.Close()
			d, models := testPack(t, srv.URL+"/net.onnx"), t.TempDir()
			var last Progress
			pull := func() error {
				client := newClient()
				defer client.CloseIdleConnections()
				return d.download(context.Background(), client, models, func(p Progress) { last = p })
			}
			err := pull()
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "net.onnx") {
					t.Fatalf("error %v, expected one about net.onnx with %q", err, tc.want)
				}
				if found := snapshot(t, models); len(found) != 0 {
					t.Fatalf("something landed: %v", found)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(filepath.Join(models, "test", "net.onnx")); string(got) != content || err != nil {
				t.Fatalf("%q, %v", got, err)
			}
			if last != (Progress{"test", "net.onnx", int64(len(content)), int64(len(content))}) {
				t.Fatalf("last progress %+v", last)
			}
			if err := pull(); err != nil || requests.Load() != 1 {
				t.Fatalf("second time: %v, %d requests", err, requests.Load())
			}
			if err := os.WriteFile(filepath.Join(models, "test", "net.onnx"), []byte("spoilt"), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := pull(); err != nil || requests.Load() != 2 {
				t.Fatalf("a changed file must be fetched again: %v, %d requests", err, requests.Load())
			}
		})
	}
}

func TestDownloadWithoutServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens there any more
	err = testPack(t, "http://"+l.Addr().String()).download(context.Background(), newClient(), t.TempDir(), nil)
	if err == nil || !strings.Contains(err.Error(), "check the network") {
		t.Fatalf("error %v", err)
	}
}

// TestDownloadCancelled stops in the middle of a body that would never end.
func TestDownloadCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, content[:10])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer srv.Close()
	models := t.TempDir()
	err := testPack(t, srv.URL).download(ctx, newClient(), models, func(Progress) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if found := snapshot(t, models); len(found) != 0 {
		t.Fatalf("something landed: %v", found)
	}
}

// testPack returns the description of a pack with one file at that address.
func testPack(t *testing.T, url string) *description {
	t.Helper()
	b, err := json.Marshal(map[string]any{
		"pack": map[string]any{"name": "test", "version": "1", "roles": map[string]any{"detector": map[string]any{
			"files": []string{"net.onnx"}, "sha256": []string{digestOf(content)}, "licence": []string{"MIT"},
		}}},
		"files": []any{map[string]any{"name": "net.onnx", "path": "detector/net.onnx", "bytes": len(content), "url": url}},
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := parseDescription(b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func digestOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
