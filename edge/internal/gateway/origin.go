package gateway

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// originAllowed reports whether a page may connect. It keeps pages of other sites from using a visitor's position in the network.
// Clients other than browsers send no Origin and may connect.
func (g *Gateway) originAllowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.ContainsFunc(g.config.Origins, func(o string) bool { return strings.TrimSpace(o) == "*" }) {
		return true
	}
	if slices.ContainsFunc(
		g.config.Origins,
		func(o string) bool { return strings.EqualFold(strings.TrimSuffix(strings.TrimSpace(o), "/"), origin) },
	) {
		return true
	}
	if u, err := url.Parse(origin); err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host) {
		return true
	}
	g.strangers.Do(func() { // pages of anybody can cause it
		slog.Warn("a page may not connect: name its origin in SELENE_ORIGINS if it may", "origin", origin, "host", r.Host)
	})
	return false
}
