package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/internal/account"
)

func TestCrossSiteRequests(t *testing.T) {
	i := install(t, options{Origins: []string{"https://embeds.example"}})
	v := i.user("u")
	csrf := v.csrf
	change := func(status int, headers ...string) {
		t.Helper()
		v.wants(status, "PUT", "/v1/groups/g", `{"rights":[]}`, headers...)
	}
	change(200)
	v.csrf = ""
	change(403)
	change(403, "X-CSRF-Token", csrf[1:])
	change(403, "X-CSRF-Token", i.logIn("u", userPassword).csrf) // of another log-in
	v.wants(403, "POST", "/v1/logout", "")
	v.wants(200, "GET", "/v1/me", "")
	v.csrf = csrf
	for origin, status := range map[string]int{i.url: 200, "https://evil.example": 403, "https://embeds.example": 403, "null": 403} {
		change(status, "Origin", origin)
	}
	for site, status := range map[string]int{"same-origin": 200, "none": 200, "same-site": 403, "cross-site": 403} {
		change(status, "Sec-Fetch-Site", site)
		v.wants(status, "GET", "/v1/me", "", "Sec-Fetch-Site", site)
	}
	// A page cannot log its visitor in as another user.
	in := fmt.Sprintf(`{"user":"u","password":%q}`, userPassword)
	nobody := &visitor{installation: i}
	nobody.wants(403, "POST", "/v1/login", in, "Sec-Fetch-Site", "cross-site")
	nobody.wants(403, "POST", "/v1/login", in, "Origin", "https://evil.example")
	// A WebSocket of another page is a GET, and refused all the same.
	v.wants(403, "GET", "/v1/me", "", "Origin", "https://evil.example", "Upgrade", "websocket", "Connection", "Upgrade")
	// Where a token is sent the browser has no part in it.
	i.admin().wants(200, "PUT", "/v1/groups/g", `{"rights":[]}`, "Origin", "https://evil.example")
	// A wrong token is not mended by a cookie.
	v.token = "wrong"
	v.wants(401, "GET", "/v1/me", "")
}

// For each route: a caller with every right except the required one gets its name, and nothing happens.
func TestEachRouteNeedsItsRight(t *testing.T) {
	i := install(t, options{})
	without := map[account.Right]*visitor{}
	for _, route := range i.api.Routes() {
		if !strings.HasPrefix(route.Path, "/v1/") || !strings.Contains(string(route.Right), ":") {
			continue
		}
		if !account.All().Have(route.Right) {
			t.Fatalf("%s needs the right %s, which does not exist", route.Path, route.Right)
		}
		v := without[route.Right]
		if v == nil {
			v = i.apiToken(slices.DeleteFunc(account.All(), func(r account.Right) bool { return r == route.Right })...)
			without[route.Right] = v
		}
		path := strings.NewReplacer("{", "", "}", "").Replace(route.Path)
		if p := v.wants(403, route.Method, path, ""); !strings.Contains(p["detail"].(string), string(route.Right)) {
			t.Errorf("%s %s: %v does not name %s", route.Method, route.Path, p, route.Right)
		}
	}
	for path, right := range map[string]account.Right{
		"/v1/users": account.UsersRead, "/v1/groups": account.UsersRead, "/v1/tokens": account.TokensRead,
		"/v1/audit": account.AuditRead, "/v1/settings": account.SettingsRead,
	} {
		v := i.apiToken(right)
		v.wants(200, "GET", path, "")
		if me := v.wants(200, "GET", "/v1/me", ""); fmt.Sprint(me["rights"]) != "["+string(right)+"]" || me["csrf"] != "" || len(me["groups"].([]any)) != 0 {
			t.Errorf("got %v", me)
		}
	}
	if me := i.admin().wants(200, "GET", "/v1/me", ""); len(me["rights"].([]any)) != len(account.All()) {
		t.Errorf("got %v", me)
	}
}

func TestSchemeOfAuthorization(t *testing.T) {
	i := install(t, options{})
	made := i.admin().wants(201, "POST", "/v1/tokens", `{"name":"t","scopes":["stats:read"]}`)["token"].(string)
	nobody := &visitor{installation: i}
	for _, token := range []string{adminToken, made} {
		for header, status := range map[string]int{
			"Bearer ": 200, "bearer ": 200, "BEARER  ": 200, "Basic ": 401, "": 401, "Bearer": 401, "Bearer x ": 401,
		} {
			if answer, _ := nobody.send("GET", "/v1/me", "", "Authorization", header+token); answer.StatusCode != status {
				t.Errorf("%q: %s", header, answer.Status)
			}
		}
	}
}

func TestRateLimit(t *testing.T) {
	i := install(t, options{Proxies: []string{"127.0.0.1"}, RateLimit: 0.01})
	from := func(address, path string) int {
		answer, body := i.get(path, "X-Forwarded-For", address)
		if answer.StatusCode == http.StatusTooManyRequests {
			wantProblem(t, answer, body, http.StatusTooManyRequests)
			if answer.Header.Get("Retry-After") == "" {
				t.Error("the answer has no Retry-After")
			}
		}
		return answer.StatusCode
	}
	for _, c := range []struct {
		address, path string
		status        int
	}{
		{"192.0.2.1", "/v1/settings", 200},
		{"192.0.2.1", "/v1/settings", 429},
		{"192.0.2.1", "/ws", 429},
		{"192.0.2.1", "/v1/nothing", 429},
		{"192.0.2.1", "/ui-config/nothing", 429},
		{"192.0.2.1", "/healthz", 200},
		{"192.0.2.1", "/", 404},
		{"192.0.2.2", "/ws", 404},
		{"192.0.2.2", "/v1/settings", 429},
		{"2001:db8::1", "/v1/settings", 200},
		{"2001:db8::2", "/v1/settings", 429},
		{"2001:db8:0:1::1", "/v1/settings", 200},
	} {
		if got := from(c.address, c.path); got != c.status {
			t.Errorf("%s of %s: %d, want %d", c.path, c.address, got, c.status)
		}
	}
	if _, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(i.url, "http")+"/ws", http.Header{"X-Forwarded-For": {"192.0.2.1"}}); err == nil || response.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a socket: %v", err)
	}
}

func TestSecurityHeaders(t *testing.T) {
	i := install(t, options{Origins: []string{"https://embeds.example/"}})
	any := attach(t, i.conn, options{Origins: []string{"*"}})
	none := attach(t, i.conn, options{})
	id, _ := evidence(t, i.conn)
	for _, path := range []string{"/v1/settings", "/v1/nothing", "/v1/sessions/" + id + "/frames/1", "/healthz", "/openapi.yaml"} {
		answer, _ := i.get(path, "Origin", "https://embeds.example")
		h := answer.Header
		if !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("X-Frame-Options") != "DENY" || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Referrer-Policy") == "" || h.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: %v", path, h)
		}
		if h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s is readable by others", path)
		}
	}
	const public = "/.well-known/jwks.json"
	for _, c := range []struct {
		at           *installation
		origin, want string
	}{
		{i, "https://embeds.example", "https://embeds.example"},
		{i, "https://evil.example", ""},
		{i, "https://embeds.example.evil.example", ""},
		{i, "", ""},
		{any, "https://evil.example", "*"},
		{none, "https://embeds.example", ""},
	} {
		answer, _ := c.at.get(public, "Origin", c.origin)
		if got := answer.Header.Get("Access-Control-Allow-Origin"); got != c.want || answer.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: got %q, want %q", c.origin, got, c.want)
		}
	}
}
