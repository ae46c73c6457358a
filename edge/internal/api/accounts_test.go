package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/edge/internal/account"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

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
