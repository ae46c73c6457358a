package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Guard is what every request passes first: where it comes from, whether it comes too often, and the headers of an answer
// that browsers heed.
type Guard struct {
	proxies Proxies
	origins []string
	limit   *limiter // nil = none
}

// NewGuard prepares a guard. perSecond requests of each address to /v1, /ui-config and /ws are let through, and four times as many
// at once, for a page that shows the frames of a session; 0 means all. Pages of the origins may read what is public.
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

// clientOf is where a request that passed the guard comes from.
func clientOf(r *http.Request) client {
	c, _ := r.Context().Value(clientKey{}).(client)
	return c
}

// Wrap puts the guard before a handler.
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
				tooMany(wait, "SELENE_RATE_LIMIT requests a second of one address are answered").write(w)
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), clientKey{}, from)))
	})
}

// limited says whether an address costs more than memory of our own: the broker is asked.
func limited(path string) bool {
	return path == "/ws" || strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/ui-config/")
}

// publicParts are what pages of listed origins may read: the library, its config, and the keys of tokens.
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
