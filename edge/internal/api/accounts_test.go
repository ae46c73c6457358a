package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/internal/account"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

const userPassword = "a password for tests"

// visitor is a browser, a program with a token, or a client that is not logged in.
type visitor struct {
	*installation
	token, cookie, csrf string
}

func (v *visitor) send(method, path, body string, headers ...string) (*http.Response, []byte) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(streamstest.Context(v.t), method, v.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		v.t.Fatal(err)
	}
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	if v.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "selene_session", Value: v.cookie})
	}
	if v.csrf != "" {
		r.Header.Set("X-CSRF-Token", v.csrf)
	}
	for n := 0; n+1 < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer, data
}

// wants sends a request, checks the status of the answer, and decodes the answer or its problem document.
func (v *visitor) wants(status int, method, path, body string, headers ...string) map[string]any {
	v.t.Helper()
	answer, data := v.send(method, path, body, headers...)
	if status >= 400 {
		wantProblem(v.t, answer, data, status)
	} else if answer.StatusCode != status {
		v.t.Fatalf("%s %s: %s %s", method, path, answer.Status, data)
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil && len(data) > 0 {
		v.t.Fatalf("%s %s: %s", method, path, data)
	}
	return out
}

func (i *installation) admin() *visitor { return &visitor{installation: i, token: adminToken} }

func (i *installation) logIn(user, password string) *visitor {
	i.t.Helper()
	v := &visitor{installation: i}
	answer, body := v.send("POST", "/v1/login", fmt.Sprintf(`{"user":%q,"password":%q}`, user, password))
	var in struct{ User, CSRF string }
	if err := json.Unmarshal(body, &in); err != nil || answer.StatusCode != http.StatusOK || in.User != user || len(answer.Cookies()) != 2 {
		i.t.Fatalf("log in: %s %s", answer.Status, body)
	}
	v.cookie, v.csrf = answer.Cookies()[0].Value, in.CSRF
	return v
}

// user creates a user with rights, nil meaning an administrator, who has changed their password and is logged in.
func (i *installation) user(name string, rights ...account.Right) *visitor {
	i.t.Helper()
	group := account.Administrators
	if rights != nil {
		group = "of-" + name
		data := must[[]byte](i.t)(json.Marshal(rights))
		i.admin().wants(200, "PUT", "/v1/groups/"+group, `{"rights":`+string(data)+`}`)
	}
	made := i.admin().wants(201, "POST", "/v1/users", fmt.Sprintf(`{"name":%q,"groups":[%q]}`, name, group))
	first := made["password"].(string)
	v := i.logIn(name, first)
	v.wants(204, "POST", "/v1/me/password", fmt.Sprintf(`{"old":%q,"new":%q}`, first, userPassword))
	return v
}

func (i *installation) apiToken(scopes ...account.Right) *visitor {
	i.t.Helper()
	data := must[[]byte](i.t)(json.Marshal(scopes))
	made := i.admin().wants(201, "POST", "/v1/tokens", `{"name":"t","scopes":`+string(data)+`}`)
	return &visitor{installation: i, token: made["token"].(string)}
}

// When several instances start at the same time, one generates the first password, and it is kept.
func TestFirstPasswordIsGeneratedOnce(t *testing.T) {
	dir := t.TempDir()
	start := func() (*streams.Conn, func()) {
		broker := must[*streams.Broker](t)(streams.NewBroker(streams.BrokerOptions{Dir: dir}))
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- broker.Run(ctx) }()
		conn := must[*streams.Conn](t)(streams.Connect(streamstest.Context(t), streams.Options{Broker: broker}))
		return conn, func() {
			conn.Close()
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	conn, stop := start()
	type drawn struct {
		password string
		err      error
	}
	passwords := make(chan drawn, 2)
	for range 2 {
		go func() {
			p, err := account.New(conn).First(t.Context())
			passwords <- drawn{p, err}
		}()
	}
	one, other := <-passwords, <-passwords
	if one.err != nil || other.err != nil || (one.password == "") == (other.password == "") {
		t.Fatalf("got %+v and %+v", one, other)
	}
	stop()
	conn, stop = start()
	if again, err := account.New(conn).First(t.Context()); err != nil || again != "" {
		t.Errorf("got %q, %v", again, err)
	}
	t.Run("log in after a restart", func(t *testing.T) {
		attach(t, conn, options{}).logIn("admin", one.password+other.password)
	})
	stop()
}

func TestFirstPasswordMustBeChanged(t *testing.T) {
	i := install(t, options{})
	first := must[string](t)(i.api.Accounts.First(t.Context()))
	v := i.logIn("admin", first)
	if me := v.wants(200, "GET", "/v1/me", ""); me["must_change_password"] != true || me["name"] != "admin" || me["csrf"] != v.csrf {
		t.Errorf("got %v", me)
	}
	for _, path := range []string{"/v1/users", "/v1/settings", "/v1/audit"} {
		if p := v.wants(403, "GET", path, ""); !strings.Contains(p["detail"].(string), "/v1/me/password") {
			t.Errorf("got %v", p)
		}
	}
	v.wants(403, "POST", "/v1/me/password", `{"old":"wrong","new":"`+userPassword+`"}`)
	v.wants(422, "POST", "/v1/me/password", fmt.Sprintf(`{"old":%q,"new":%q}`, first, first))
	v.wants(422, "POST", "/v1/me/password", fmt.Sprintf(`{"old":%q,"new":"short"}`, first))
	v.wants(204, "POST", "/v1/me/password", fmt.Sprintf(`{"old":%q,"new":%q}`, first, userPassword))
	v.wants(200, "GET", "/v1/users", "")
	(&visitor{installation: i}).wants(401, "POST", "/v1/login", fmt.Sprintf(`{"user":"admin","password":%q}`, first))
}

func TestLogInCookie(t *testing.T) {
	i := install(t, options{Proxies: []string{"127.0.0.0/8"}})
	bare := attach(t, i.conn, options{})
	i.user("u", account.SessionsRead)
	body := fmt.Sprintf(`{"user":"u","password":%q}`, userPassword)
	for name, c := range map[string]struct {
		at     *installation
		proto  string
		secure bool
	}{
		"plain":                {i, "", false},
		"TLS at the proxy":     {i, "https", true},
		"plain at the proxy":   {i, "http", false},
		"said by who is not":   {bare, "https", false},
		"TLS only in the back": {i, "http, https", false},
	} {
		answer, _ := (&visitor{installation: c.at}).send("POST", "/v1/login", body, "X-Forwarded-Proto", c.proto)
		if len(answer.Cookies()) != 2 {
			t.Fatalf("%s: %s", name, answer.Status)
		}
		k := answer.Cookies()[0]
		name := "selene_session"
		if c.secure {
			name = "__Host-" + name // which no other host of the domain can set
		}
		if k.Name != name || len(k.Value) != 43 || !k.HttpOnly || k.SameSite != http.SameSiteStrictMode || k.Path != "/" || k.Domain != "" || k.Secure != c.secure {
			t.Errorf("%s: got %s", name, k.Raw)
		}
		if hsts := answer.Header.Get("Strict-Transport-Security"); (hsts != "") != c.secure {
			t.Errorf("%s: HSTS is %q", name, hsts)
		}
	}
	tls := func(cookie string, want int) {
		answer, _ := (&visitor{installation: i}).send("GET", "/v1/me", "", "X-Forwarded-Proto", "https", "Cookie", cookie)
		if answer.StatusCode != want {
			t.Errorf("%.30s over TLS: %s", cookie, answer.Status)
		}
	}
	v := i.logIn("u", userPassword)
	tls("__Host-selene_session="+v.cookie, http.StatusOK)
	tls("selene_session="+v.cookie, http.StatusUnauthorized)
	answer, _ := v.send("POST", "/v1/logout", "")
	if k := answer.Cookies(); answer.StatusCode != http.StatusNoContent || len(k) != 1 || k[0].Value != "" || k[0].MaxAge >= 0 {
		t.Errorf("got %s, %v", answer.Status, k)
	}
	v.wants(401, "GET", "/v1/me", "")
	i.admin().wants(409, "POST", "/v1/logout", "")
	i.admin().wants(409, "POST", "/v1/me/password", `{"old":"x","new":"y"}`)
	for _, wrong := range []string{"", "{", body + " x", `{"user":"u","pass":"x"}`, `{"user":1}`, "[]"} {
		said := v.wants(422, "POST", "/v1/login", wrong)
		if strings.Contains(fmt.Sprint(said), "Go") {
			t.Errorf("%s: the error reveals an internal detail: %v", wrong, said)
		}
	}
	v.wants(413, "POST", "/v1/login", `{"user":"`+strings.Repeat("u", 1<<20)+`"}`)
}

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

func TestAccountsOverHTTP(t *testing.T) {
	i := install(t, options{})
	boss := i.user("boss")
	clerk := i.user("clerk", account.UsersRead, account.UsersWrite, account.TokensWrite, account.TokensRead)

	if p := clerk.wants(403, "POST", "/v1/users", `{"name":"x","groups":["administrators"]}`); !strings.Contains(p["detail"].(string), "sessions:read") {
		t.Errorf("got %v", p)
	}
	clerk.wants(403, "POST", "/v1/users/boss/password", "{}")
	clerk.wants(403, "PUT", "/v1/users/clerk", `{"groups":["administrators"],"disabled":false}`)
	clerk.wants(403, "DELETE", "/v1/users/boss", "")
	clerk.wants(403, "PUT", "/v1/groups/of-clerk", `{"rights":["audit:read"]}`)
	clerk.wants(403, "POST", "/v1/tokens", `{"name":"n","scopes":["sessions:read"]}`)
	clerk.wants(409, "DELETE", "/v1/users/clerk", "")
	boss.wants(409, "PUT", "/v1/users/boss", `{"groups":[],"disabled":false}`)
	i.admin().wants(409, "DELETE", "/v1/users/boss", "")
	clerk.wants(404, "DELETE", "/v1/users/nobody", "")
	clerk.wants(422, "PUT", "/v1/users/clerk", `{"disabled":true}`)
	clerk.wants(422, "PUT", "/v1/groups/g", `{}`)
	clerk.wants(422, "POST", "/v1/users", `{"name":"a b"}`)
	boss.wants(409, "PUT", "/v1/groups/administrators", `{"rights":[]}`)
	boss.wants(409, "DELETE", "/v1/groups/administrators", "")

	made := clerk.wants(201, "POST", "/v1/users", `{"name":"new","groups":["of-clerk"],"password":"`+userPassword+`"}`)
	if made["password"] != nil || made["must_change_password"] != true || made["name"] != "new" || made["last_login"] != nil {
		t.Errorf("got %v", made)
	}
	clerk.wants(409, "POST", "/v1/users", `{"name":"new","groups":[]}`)
	clerk.wants(409, "DELETE", "/v1/groups/of-clerk", "")
	clerk.wants(200, "PUT", "/v1/users/new", `{"groups":[],"disabled":false}`)
	var users struct {
		Users []account.User
	}
	i.want("/v1/users", &users)
	if len(users.Users) != 3 || users.Users[0].Name != "boss" || users.Users[0].LastLogin == nil || len(users.Users[2].Groups) != 0 {
		t.Errorf("got %+v", users)
	}
	if _, body := i.get("/v1/users"); bytes.Contains(body, []byte("argon2")) || bytes.Contains(body, []byte("logins")) {
		t.Errorf("a secret is shown: %s", body)
	}
	clerk.wants(204, "DELETE", "/v1/users/new", "")

	made = clerk.wants(201, "POST", "/v1/tokens", `{"name":"n","scopes":["users:read"],"expires":"2100-01-01T00:00:00Z"}`)
	program := &visitor{installation: i, token: made["token"].(string)}
	program.wants(200, "GET", "/v1/users", "")
	if _, body := clerk.send("GET", "/v1/tokens", ""); !strings.Contains(string(body), made["id"].(string)) || strings.Contains(string(body), program.token) || strings.Contains(string(body), "hash") {
		t.Errorf("got %s", body)
	}
	clerk.wants(422, "POST", "/v1/tokens", `{"name":"n","scopes":["users:read"],"expires":"2000-01-01T00:00:00Z"}`)
	clerk.wants(204, "DELETE", "/v1/tokens/"+made["id"].(string), "")
	clerk.wants(404, "DELETE", "/v1/tokens/"+made["id"].(string), "")
	program.wants(401, "GET", "/v1/users", "")
	clerk.wants(200, "PUT", "/v1/groups/spare", `{"rights":["users:read"]}`)
	clerk.wants(204, "DELETE", "/v1/groups/spare", "")
	clerk.wants(404, "DELETE", "/v1/groups/spare", "")
}

// What ends a log-in ends it at the other edge too.
func TestLogInsEndEverywhere(t *testing.T) {
	i := install(t, options{})
	far := attach(t, i.conn, options{})
	here := i.user("u", account.UsersRead)
	at := func(where *installation, v *visitor) *visitor {
		return &visitor{installation: where, cookie: v.cookie, csrf: v.csrf}
	}
	for name, end := range map[string]func(){
		"disabled": func() { i.admin().wants(200, "PUT", "/v1/users/u", `{"groups":["of-u"],"disabled":true}`) },
		"disabled and enabled": func() {
			i.admin().wants(200, "PUT", "/v1/users/u", `{"groups":["of-u"],"disabled":true}`)
			i.admin().wants(200, "PUT", "/v1/users/u", `{"groups":["of-u"],"disabled":false}`)
		},
		"password reset": func() { i.admin().wants(200, "POST", "/v1/users/u/password", "{}") },
		"removed":        func() { i.admin().wants(204, "DELETE", "/v1/users/u", "") },
		"removed and made again": func() {
			i.admin().wants(204, "DELETE", "/v1/users/u", "")
			i.user("u", account.UsersRead)
		},
	} {
		at(far, here).wants(200, "GET", "/v1/users", "")
		end()
		at(far, here).wants(401, "GET", "/v1/users", "")
		here.wants(401, "GET", "/v1/users", "")
		i.admin().send("DELETE", "/v1/users/u", "")
		here = i.user("u", account.UsersRead)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	other := i.logIn("u", userPassword)
	at(far, here).wants(204, "POST", "/v1/me/password", fmt.Sprintf(`{"old":%q,"new":"another password"}`, userPassword))
	here.wants(200, "GET", "/v1/users", "") // the one that changed it goes on
	other.wants(401, "GET", "/v1/users", "")
	i.admin().wants(200, "PUT", "/v1/groups/of-u", `{"rights":[]}`)
	at(far, here).wants(403, "GET", "/v1/users", "")
}

// auditPage is a page of the audit log.
type auditPage struct {
	Entries []schemas.AuditEntry
	Next    string
}

// audited sends requests that the audit log must record, and some that it must not. It returns the ID of the session that it erased.
func (i *installation) audited() (erased string) {
	i.t.Helper()
	id, _ := evidence(i.t, i.conn)
	boss := i.user("boss")
	boss.wants(204, "DELETE", "/v1/sessions/"+id, "", "X-Forwarded-For", "198.51.100.7")
	boss.wants(201, "POST", "/v1/sessions", "")
	boss.wants(200, "PUT", "/v1/groups/g", `{"rights":["audit:read"]}`)
	(&visitor{installation: i}).wants(401, "POST", "/v1/login", `{"user":"boss","password":"a secret, mistyped"}`)
	(&visitor{installation: i}).wants(401, "POST", "/v1/login", `{"user":"my secret in the wrong place","password":"x"}`)
	boss.wants(403, "PUT", "/v1/groups/g", `{"rights":[]}`, "X-CSRF-Token", "wrong") // nothing was done
	return id
}

func TestAuditLog(t *testing.T) {
	i := install(t, options{Proxies: []string{"127.0.0.1"}})
	id := i.audited()
	var all auditPage
	i.want("/v1/audit", &all)
	var got []string
	for _, e := range all.Entries {
		got = append(got, fmt.Sprintf("%s %s %.8s", e.User, e.Action, e.Object))
		if e.At.IsZero() || e.Address == "" || strings.Contains(fmt.Sprint(e), "secret") {
			t.Errorf("got %+v", e)
		}
	}
	slices.Reverse(got)
	if want := []string{
		"token:admin users.make boss", "boss logins.made boss", "boss users.password boss", "boss sessions.erase " + id[:8], "boss sessions.make", "boss groups.put g",
		" logins.failed boss", " logins.failed ",
	}; len(got) != len(want) {
		t.Errorf("got %q", got)
	} else {
		for n := range want {
			if !strings.HasPrefix(got[n], want[n]) {
				t.Errorf("got %q, want %q", got[n], want[n])
			}
		}
	}
}

func TestAuditLogIsFiltered(t *testing.T) {
	i := install(t, options{Proxies: []string{"127.0.0.1"}})
	id := i.audited()
	from := time.Now().UTC().Add(-time.Hour).Format(time.RFC3339)
	var erased auditPage
	i.want("/v1/audit?user=boss&action=sessions.erase&since="+from, &erased)
	if len(erased.Entries) != 1 || erased.Entries[0].Object != id || erased.Entries[0].Detail != "" || erased.Entries[0].Address != "198.51.100.7" {
		t.Errorf("got %+v", erased)
	}
	i.want("/v1/audit?until="+from, &erased)
	if len(erased.Entries) != 0 || erased.Next != "" {
		t.Errorf("got %+v", erased)
	}
	i.want("/v1/audit?action=sessions", &erased)
	if len(erased.Entries) != 2 {
		t.Errorf("got %+v", erased)
	}
	for _, wrong := range []string{"since=yesterday", "until=1", "limit=0", "limit=501", "limit=x", "cursor=-1", "cursor=0"} {
		answer, body := i.get("/v1/audit?" + wrong)
		wantProblem(t, answer, body, http.StatusBadRequest)
	}
}

func TestAuditLogByPage(t *testing.T) {
	i := install(t, options{Proxies: []string{"127.0.0.1"}})
	i.audited()
	var all auditPage
	i.want("/v1/audit", &all)
	var walked []schemas.AuditEntry
	for cursor := ""; ; {
		var one auditPage
		i.want("/v1/audit?limit=3"+cursor, &one)
		walked = append(walked, one.Entries...)
		if cursor = "&cursor=" + one.Next; one.Next == "" {
			break
		}
		if len(one.Entries) != 3 {
			t.Fatalf("got %+v", one)
		}
	}
	if !slices.Equal(walked, all.Entries) {
		t.Errorf("page by page: %+v", walked)
	}
}

func TestFailedLogInsAreLimited(t *testing.T) {
	i := install(t, options{Proxies: []string{"127.0.0.1"}})
	i.user("u", account.SessionsRead)
	i.user("v", account.SessionsRead)
	nobody := &visitor{installation: i}
	try := func(user, password, address string) *http.Response {
		answer, body := nobody.send("POST", "/v1/login", fmt.Sprintf(`{"user":%q,"password":%q}`, user, password), "X-Forwarded-For", address)
		if answer.StatusCode == http.StatusTooManyRequests {
			wantProblem(t, answer, body, http.StatusTooManyRequests)
			if answer.Header.Get("Retry-After") == "" {
				t.Error("the answer has no Retry-After")
			}
		}
		return answer
	}
	// One user from one address.
	tried := 0
	for try("u", "wrong", "198.51.100.1").StatusCode == http.StatusUnauthorized {
		if tried++; tried > 30 {
			t.Fatal("the list does not end")
		}
	}
	if tried != freeTries {
		t.Errorf("%d tries", tried)
	}
	if answer := try("v", userPassword, "198.51.100.1"); answer.StatusCode != http.StatusOK {
		t.Errorf("another user: %s", answer.Status)
	}
	// Ever new users from one address.
	tried = 0
	for try(fmt.Sprintf("nobody%d", tried), "wrong", "192.0.2.1").StatusCode == http.StatusUnauthorized {
		if tried++; tried > 500 {
			t.Fatal("the list does not end")
		}
	}
	if tried < 20 {
		t.Errorf("%d tries", tried)
	}
	if answer := try("v", userPassword, "192.0.2.2"); answer.StatusCode != http.StatusOK {
		t.Errorf("another address: %s", answer.Status)
	}
	// A log-in that was stolen does not help to guess the password.
	w := i.user("w", account.SessionsRead)
	tried = 0
	for {
		answer, _ := w.send("POST", "/v1/me/password", `{"old":"wrong","new":"`+userPassword+`, and more"}`, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", tried))
		if answer.StatusCode == http.StatusTooManyRequests {
			break
		}
		if tried++; tried > 200 || answer.StatusCode != http.StatusForbidden {
			t.Fatalf("%d tries, %s", tried, answer.Status)
		}
	}
}

// Wrong passwords from elsewhere keep nobody out: not from many addresses, and not once a user has logged in from a browser.
func TestNobodyLocksOthersOut(t *testing.T) {
	i := install(t, options{Proxies: []string{"127.0.0.1"}})
	i.user("u", account.SessionsRead)
	nobody := &visitor{installation: i}
	try := func(password, address string, headers ...string) *http.Response {
		body := fmt.Sprintf(`{"user":"u","password":%q}`, password)
		answer, _ := nobody.send("POST", "/v1/login", body, append(headers, "X-Forwarded-For", address)...)
		return answer
	}
	for n := range 60 {
		for range 2 {
			if answer := try("wrong", fmt.Sprintf("198.51.100.%d", n)); answer.StatusCode != http.StatusUnauthorized {
				t.Fatalf("attempt from address %d: %s", n, answer.Status)
			}
		}
	}
	in := try(userPassword, "192.0.2.1")
	if in.StatusCode != http.StatusOK {
		t.Fatalf("the user: %s", in.Status)
	}
	device := ""
	for _, c := range in.Cookies() {
		if c.Name == "selene_device" && c.HttpOnly && c.MaxAge > 0 {
			device = c.Name + "=" + c.Value
		}
	}
	// So many addresses that all strangers have to wait, and the user's own address among them.
	for i.api.logins.strangers.take("u", time.Now()) == 0 {
	}
	for range freeTries {
		i.api.logins.tries.take("u\x00192.0.2.1", time.Now())
	}
	if answer := try(userPassword, "192.0.2.9"); answer.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a stranger: %s", answer.Status)
	}
	for _, wrong := range []string{"selene_device=x", device[:len(device)-1], strings.Replace(device, "=", "=x", 1)} {
		if answer := try(userPassword, "192.0.2.1", "Cookie", wrong); answer.StatusCode != http.StatusTooManyRequests {
			t.Errorf("%s: %s", wrong, answer.Status)
		}
	}
	if answer := try(userPassword, "192.0.2.1", "Cookie", device); answer.StatusCode != http.StatusOK {
		t.Errorf("the user's browser: %s", answer.Status)
	}
	// The browser itself has no more tries than an address.
	tried := 0
	for ; try("wrong", fmt.Sprintf("203.0.113.%d", tried), "Cookie", device).StatusCode == http.StatusUnauthorized; tried++ {
	}
	if tried != freeTries {
		t.Errorf("%d tries", tried)
	}
}

func TestBackOff(t *testing.T) {
	b, now := newBackOff(), time.Now()
	for range freeTries {
		if wait := b.take("k", now); wait != 0 {
			t.Fatal(wait)
		}
	}
	for _, want := range []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second} {
		if wait := b.take("k", now); wait != want {
			t.Errorf("waits %s, want %s", wait, want)
		}
		now = now.Add(want)
		b.take("k", now)
	}
	for range 100 {
		if wait := b.take("k", now); wait > longWait {
			t.Fatalf("waits %s", wait)
		}
		now = now.Add(longWait)
	}
	if b.take("other", now) != 0 {
		t.Error("another key waits")
	}
	now = now.Add(3 * longWait)
	for range freeTries {
		if wait := b.take("k", now); wait != 0 {
			t.Errorf("waits %s after a long pause", wait)
		}
	}
	for n := range 2 * maxBackOff {
		if b.take(fmt.Sprint(n), now) != 0 {
			t.Fatal("a new key waits")
		}
	}
	if len(b.keys) > maxBackOff {
		t.Errorf("%d keys", len(b.keys))
	}
	b.forget("0")
	b.undo("0")
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
