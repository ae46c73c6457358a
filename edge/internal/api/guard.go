package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Guard handles every request first: it determines the client, limits rates, and sets security headers.
type Guard struct {
	proxies Proxies
	origins []string
	limit   *limiter // nil = none
}

// NewGuard returns a guard. It admits perSecond requests of each address to /v1, /ui-config and /ws, with bursts of four times as
// many, as a page needs that shows the frames of a session; 0 means no limit. Pages of the origins may read public parts.
func NewGuard(proxies Proxies, origins []string, perSecond float64) *Guard {
	g := &Guard{proxies: proxies}
	for _, o := range origins {
		g.origins = append(g.origins, strings.ToLower(strings.TrimSuffix(strings.TrimSpace(o), "/")))
	}
	if perSecond > 0 {
		g.limit = newLimiter(perSecond, max(1, int(4*perSecond)))
	}
	return g
}

type clientKey struct{}

// clientOf returns the client of a request that passed the guard.
func clientOf(r *http.Request) client {
	c, _ := r.Context().Value(clientKey{}).(client)
	return c
}

// Wrap returns a handler that applies the guard before h.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := g.proxies.of(r)
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if from.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		g.allowOrigin(h, r)
		if g.limit != nil && limited(r.URL.Path) {
			if wait := g.limit.take(from.key(), time.Now()); wait > 0 {
				tooMany(wait, "too many requests from this address (SELENE_RATE_LIMIT)").write(w)
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), clientKey{}, from)))
	})
}

// limited reports whether a path is limited: those that read from the broker are.
func limited(path string) bool {
	return path == "/ws" || strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/ui-config/")
}

// publicParts are the paths that pages of listed origins may read: the library, its config, and the keys of tokens.
var publicParts = []string{"/lib/", "/ui-config/", "/.well-known/"}

func (g *Guard) allowOrigin(h http.Header, r *http.Request) {
	if len(g.origins) == 0 || !slices.ContainsFunc(publicParts, func(p string) bool { return strings.HasPrefix(r.URL.Path, p) }) {
		return
	}
	if slices.Contains(g.origins, "*") {
		h.Set("Access-Control-Allow-Origin", "*")
		return
	}
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" && slices.Contains(g.origins, strings.ToLower(origin)) {
		h.Set("Access-Control-Allow-Origin", origin)
	}
}

func tooMany(wait time.Duration, why string) Problem {
	p := problem(http.StatusTooManyRequests, "")
	p.retryAfter = int(wait/time.Second) + 1
	p.Detail = fmt.Sprintf("%s: try again in %d s", why, p.retryAfter)
	return p
}
