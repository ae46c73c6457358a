package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/selene-liveness/selene/edge/internal/account"
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
