package ui

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, h http.Handler, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), string(body)
}

func TestHandlerServesFiles(t *testing.T) {
	h := handler(fstest.MapFS{
		".gitkeep":   {},
		"index.html": {Data: []byte("<!doctype html>page")},
		"page.js":    {Data: []byte("1")},
		"style.css":  {Data: []byte("a{}")},
		"icon.svg":   {Data: []byte("<svg/>")},

		"lib/selene.js":    {Data: []byte("2")},
		"lib/selene.d.ts":  {Data: []byte("3")},
		"lib/face.bin":     {Data: []byte("4")},
		"admin/index.html": {Data: []byte("<!doctype html>admin")},
	}, func(_ context.Context, config string) []string {
		return map[string][]string{"x": {"https://shop.example", "https://b.example:8443"}}[config]
	})
	for path, want := range map[string]string{
		"/":           "text/html; charset=utf-8",
		"/?cn=x":      "text/html; charset=utf-8",
		"/?cn=y":      "text/html; charset=utf-8",
		"/index.html": "text/html; charset=utf-8",
		"/page.js":    "text/javascript; charset=utf-8",
		"/style.css":  "text/css; charset=utf-8",
		"/icon.svg":   "image/svg+xml",

		"/lib/selene.js":   "text/javascript; charset=utf-8",
		"/lib/selene.d.ts": "text/plain; charset=utf-8",
		"/lib/face.bin":    "application/octet-stream",
		"/admin/":          "text/html; charset=utf-8",
		"/admin/?cn=x":     "text/html; charset=utf-8",
	} {
		res, body := get(t, h, http.MethodGet, path)
		if res.StatusCode != http.StatusOK || body == "" || res.Header.Get("Content-Type") != want {
			t.Errorf("%s: status %d, type %q, body %q; want 200 and %q", path, res.StatusCode, res.Header.Get("Content-Type"), body, want)
		}
		if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q is not strict", path, csp)
		}
		if res.Header.Get("Cache-Control") != "no-cache" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", path, res.Header)
		}
		embeds := "'self'"
		if path == "/?cn=x" {
			embeds += " https://shop.example https://b.example:8443"
		}
		if _, got, _ := strings.Cut(res.Header.Get("Content-Security-Policy"), "; frame-ancestors "); got != embeds {
			t.Errorf("%s: %s may embed it, want %s", path, got, embeds)
		}
		if got := res.Header.Get("Access-Control-Allow-Origin") == "*"; got != strings.HasPrefix(path, "/lib/") {
			t.Errorf("%s: pages of other hosts may read it: %v", path, got)
		}
	}
	if res, _ := get(t, h, http.MethodGet, "/admin"); res.StatusCode != http.StatusMovedPermanently {
		t.Errorf("/admin: status %d, want a redirect to the folder", res.StatusCode)
	}
	for _, path := range []string{"/.gitkeep", "/nothing", "/../ui.go", "/page.js/", "/lib", "/lib/"} {
		if res, _ := get(t, h, http.MethodGet, path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, res.StatusCode)
		}
	}
	if res, _ := get(t, h, http.MethodPost, "/"); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d, want 405", res.StatusCode)
	}
}

func TestHandlerAnswersETag(t *testing.T) {
	h := handler(fstest.MapFS{"index.html": {Data: []byte("one")}}, nil)
	res, _ := get(t, h, http.MethodGet, "/")
	etag := res.Header.Get("ETag")
	if res, body := get(t, h, http.MethodGet, "/", "If-None-Match", etag); res.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("same ETag: status %d, body %q; want an empty 304", res.StatusCode, body)
	}
	other := handler(fstest.MapFS{"index.html": {Data: []byte("two")}}, nil)
	if res, body := get(t, other, http.MethodGet, "/", "If-None-Match", etag); res.StatusCode != http.StatusOK || body != "two" {
		t.Errorf("old ETag: status %d, body %q; want the new page", res.StatusCode, body)
	}
}

func TestHandlerCompresses(t *testing.T) {
	text := strings.Repeat("words ", 500)
	h := handler(fstest.MapFS{"page.js": {Data: []byte(text)}, "icon.svg": {Data: []byte("<svg/>")}}, nil)
	for _, c := range []struct {
		path, accept string
		want         bool
	}{
		{"/page.js", "gzip, deflate, br", true},
		{"/page.js", "br;q=1, GZIP; q=0.5", true},
		{"/page.js", "gzip;q=0", false},
		{"/page.js", "gzip; q=0.0", false},
		{"/page.js", "br", false},
		{"/page.js", "", false},
		{"/icon.svg", "gzip", false}, // it would grow
	} {
		res, body := get(t, h, http.MethodGet, c.path, "Accept-Encoding", c.accept)
		if got := res.Header.Get("Content-Encoding") == "gzip"; got != c.want || res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s for %q: compressed %v, want %v; headers %v", c.path, c.accept, got, c.want, res.Header)
		}
		if !c.want {
			continue
		}
		r, err := gzip.NewReader(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := io.ReadAll(r); err != nil || string(plain) != text {
			t.Errorf("%s for %q: %d bytes, %v", c.path, c.accept, len(plain), err)
		}
		plain, _ := get(t, h, http.MethodGet, c.path)
		if plain.Header.Get("ETag") == res.Header.Get("ETag") {
			t.Error("both forms have one ETag")
		}
	}
}

func TestHandlerWithoutBuild(t *testing.T) {
	res, body := get(t, handler(fstest.MapFS{".gitkeep": {}}, nil), http.MethodGet, "/")
	if res.StatusCode != http.StatusOK || !strings.Contains(body, "make build") {
		t.Errorf("status %d, body %q; want a page naming make build", res.StatusCode, body)
	}
}

// The policy forbids inline code, so that built pages must not hold any.
func TestBuiltPageObeysPolicy(t *testing.T) {
	body, err := embedded.ReadFile("dist/index.html")
	if err != nil {
		t.Skip("the page is not built: run npm ci --ignore-scripts && npm run build in edge/ui")
	}
	for _, bad := range []string{`<script>`, `<style`, ` style="`, ` onclick=`} {
		if strings.Contains(string(body), bad) {
			t.Errorf("index.html holds %q", bad)
		}
	}
	if m := regexp.MustCompile(`(?:src|href)="(?:https?:)?//[^"]*`).Find(body); m != nil {
		t.Errorf("index.html loads from another host: %s", m)
	}
	_, page := get(t, Handler(nil), http.MethodGet, "/")
	if page != string(body) {
		t.Error("Handler does not serve the built page at /")
	}
}
