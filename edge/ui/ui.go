// Package ui contains the TypeScript sources of the pages and the client
// library, and the handler that serves their embedded build.
package ui

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

//go:generate go test -count=1 -run=^TestCodes$ . -args -update

//go:embed all:dist
var embedded embed.FS

// contentSecurityPolicy allows a page to load its own files, show its best
// shot (data:), and connect to its own host, and nothing else. Styles of a UI
// config are set through the CSSOM, which needs no exception.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; " +
	"img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; frame-src 'self'; " +
	"base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; frame-ancestors "

// Parents returns the origins whose pages a UI config lets embed the user page.
// It returns nil if there is no such config, or it cannot be read.
type Parents func(ctx context.Context, config string) []string

// ancestors returns the origins that may embed a file: our own, and of the user
// page those that the UI config in the address names.
func (p Parents) ancestors(name string, r *http.Request) string {
	config := r.URL.Query().Get("cn")
	if p == nil || name != userPage || config == "" {
		return "'self'"
	}
	return strings.Join(append([]string{"'self'"}, p(r.Context(), config)...), " ")
}

const (
	userPage = "index.html"
	library  = "lib/" // files that pages of other hosts load
)

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Selene</title>
<h1>The page is not built</h1>
<p>This binary was compiled without the user page. Run <code>make build</code> and start it again.</p>
`

// contentTypes is fixed here because the system's table differs between
// machines.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".ts":   "text/plain; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".json": "application/json",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".webp": "image/webp",
}

type file struct {
	body        []byte
	compressed  []byte // gzip; nil when that saves nothing
	contentType string
	etag        string
}

// Handler returns a handler that serves the built files: the index.html of each
// directory at the directory's address, other files at theirs, 404 for the
// rest; only GET and HEAD. Pages of any host may load files below lib/; only our
// own and those of parents, which may be nil, may embed pages. To mount the handler below another path, use http.StripPrefix. Browsers
// revalidate files at each use (Cache-Control: no-cache, ETag), so that a new
// binary serves a new page. Text is compressed for clients that accept gzip. If
// nothing was built, "/" explains how to build it. Safe for concurrent use.
func Handler(parents Parents) http.Handler {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(fmt.Sprintf("ui: embedded dist: %v", err)) // embed guarantees the directory
	}
	return handler(dist, parents)
}

func handler(dist fs.FS, parents Parents) http.Handler {
	files := load(dist)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed: only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(r.URL.Path, "/")
		if name == "" || strings.HasSuffix(name, "/") {
			name += "index.html"
		}
		f, ok := files[name]
		if _, folder := files[name+"/index.html"]; !ok && folder {
			to := url.URL{Path: path.Base(name) + "/", RawQuery: r.URL.RawQuery} // relative, in case a proxy cuts a prefix off
			w.Header().Set("Location", to.String())
			w.WriteHeader(http.StatusMovedPermanently)
			return
		}
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.contentType)
		h.Set("Cache-Control", "no-cache")
		h.Set("Vary", "Accept-Encoding")
		body, etag := f.body, f.etag
		if f.compressed != nil && r.Header.Get("Range") == "" && acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body, etag = f.compressed, strings.TrimSuffix(f.etag, `"`)+`-gzip"`
		}
		h.Set("ETag", etag)
		h.Set("Content-Security-Policy", contentSecurityPolicy+parents.ancestors(name, r))
		if strings.HasPrefix(name, library) {
			h.Set("Access-Control-Allow-Origin", "*")
			h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		}
		h.Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	})
}

func load(dist fs.FS) map[string]file {
	files := map[string]file{}
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		body, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		files[name] = newFile(name, body)
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("ui: read embedded dist: %v", err)) // reading from memory cannot fail
	}
	if _, ok := files[userPage]; !ok {
		files[userPage] = newFile(userPage, []byte(notBuilt))
	}
	return files
}

func newFile(name string, body []byte) file {
	contentType, ok := contentTypes[path.Ext(name)]
	if !ok {
		contentType = "application/octet-stream"
	}
	sum := sha256.Sum256(body)
	return file{body: body, compressed: compress(body), contentType: contentType, etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
}

// compress returns the gzip form of a body, or nil if it is not much smaller.
func compress(body []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(fmt.Sprintf("ui: compress: %v", err)) // writing to memory cannot fail
	}
	if out.Len() > len(body)*9/10 {
		return nil
	}
	return out.Bytes()
}

// acceptsGzip reports whether an Accept-Encoding header accepts gzip.
func acceptsGzip(header string) bool {
	for _, offer := range strings.Split(header, ",") {
		coding, parameters, _ := strings.Cut(offer, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			quality := strings.ReplaceAll(parameters, " ", "")
			return !strings.HasPrefix(quality, "q=0") || strings.Trim(quality, "q=0.") != ""
		}
	}
	return false
}
