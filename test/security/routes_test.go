package security

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// operation is one method of one path of openapi.yaml.
type operation struct {
	method, path string // the path with an example for each parameter
	template     string
	public       bool // no login is needed
}

// operations lists everything that openapi.yaml describes.
func operations(t *testing.T) (all []operation) {
	t.Helper()
	text, err := os.ReadFile("../../edge/internal/api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]yaml.Node
	}
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	parameter := regexp.MustCompile(`\{[^}]+\}`)
	for _, template := range slices.Sorted(maps.Keys(document.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(document.Paths[template])) {
			if method == "parameters" {
				continue
			}
			node := document.Paths[template][method]
			var described struct {
				Security *[]any
			}
			if err := node.Decode(&described); err != nil {
				t.Fatal(err)
			}
			path := strings.ReplaceAll(template, "{id}", "00000000-0000-4000-8000-000000000000")
			all = append(all, operation{
				method: strings.ToUpper(method), template: template, path: parameter.ReplaceAllString(path, "1"),
				public: described.Security != nil && len(*described.Security) == 0,
			})
		}
	}
	if len(all) < 60 {
		t.Fatalf("only %d operations were found", len(all))
	}
	return all
}

// call sends a request and returns the status and the problem's detail.
func (i *installation) call(method, path, authorization string, body []byte, headers ...string) (status int, answer []byte) {
	i.t.Helper()
	r, err := http.NewRequestWithContext(i.t.Context(), method, "http://"+i.addr+path, bytes.NewReader(body))
	if err != nil {
		i.t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	for n := 0; n+1 < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		i.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode < 300 && strings.HasSuffix(path, "/events") {
		return response.StatusCode, nil // does not end
	}
	answer, err = io.ReadAll(response.Body)
	if err != nil {
		i.t.Fatal(err)
	}
	return response.StatusCode, answer
}

// apiToken makes an API token with the rights.
func (i *installation) apiToken(rights ...string) string {
	i.t.Helper()
	order, err := json.Marshal(map[string]any{"name": "walk", "scopes": rights})
	if err != nil {
		i.t.Fatal(err)
	}
	status, answer := i.call("POST", "/v1/tokens", "Bearer "+adminToken, order)
	var made struct{ Token string }
	if err := json.Unmarshal(answer, &made); err != nil || status != http.StatusCreated || made.Token == "" {
		i.t.Fatalf("make a token: %d %s", status, answer)
	}
	return made.Token
}

// readThat lists the operations that do not only read and are open to a right that reads: they change nothing.
var readThat = []string{"POST /v1/sessions/{id}/rerun"}

// needsTwo is the operation that no single right opens: a webhook is a setting, and gets events.
const needsTwo = "POST /v1/webhooks"

// Every operation of openapi.yaml, so that a new one is walked too: without a login, with wrong ones, and with each right alone.
// Each operation that needs a right is opened by that right alone, and no right to read opens one that changes something.
func TestRoutes(t *testing.T) {
	i := up(t, `{}`)
	all := operations(t)
	wrong := map[string]string{
		"no token": "", "an empty token": "Bearer ", "a wrong token": "Bearer wrong", "no scheme": adminToken, "another scheme": "Basic " + adminToken,
		"the token and more": "Bearer " + adminToken + "x", "a part of the token": "Bearer " + adminToken[:len(adminToken)-1], "two tokens": "Bearer " + adminToken + " " + adminToken,
		"a token that nobody signed": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
	}
	for _, o := range all {
		for name, header := range wrong {
			if status, answer := i.call(o.method, o.path, header, nil); (status == http.StatusUnauthorized) == o.public && !(o.template == "/v1/login") {
				t.Errorf("%s %s with %s: %d %s", o.method, o.template, name, status, answer)
			}
		}
	}
	var me struct{ Rights []string }
	if _, answer := i.call("GET", "/v1/me", "Bearer "+adminToken, nil); json.Unmarshal(answer, &me) != nil || len(me.Rights) < 10 {
		t.Fatalf("the rights are %s", answer)
	}
	opened := map[string][]string{} // rights by operation
	for _, right := range me.Rights {
		token := "Bearer " + i.apiToken(right)
		for _, o := range all {
			if o.public {
				continue
			}
			status, answer := i.call(o.method, o.path, token, nil)
			switch {
			case status == http.StatusUnauthorized || status >= 500:
				t.Errorf("%s %s with %s: %d %s", o.method, o.template, right, status, answer)
			case status != http.StatusForbidden:
				opened[o.method+" "+o.template] = append(opened[o.method+" "+o.template], right)
			}
		}
	}
	anyone := []string{"POST /v1/logout", "GET /v1/me", "POST /v1/me/password"}
	for _, o := range all {
		name := o.method + " " + o.template
		rights := opened[name]
		switch {
		case o.public:
		case slices.Contains(anyone, name):
			if len(rights) != len(me.Rights) {
				t.Errorf("%s is opened by %v alone", name, rights)
			}
		case name == needsTwo && len(rights) == 0:
		case len(rights) != 1:
			t.Errorf("%s is opened by %v", name, rights)
		case o.method != http.MethodGet && strings.HasSuffix(rights[0], ":read") && !slices.Contains(readThat, name):
			t.Errorf("%s is opened by %s", name, rights[0])
		}
	}
	t.Logf("%d operations, %d rights", len(all), len(me.Rights))
}

// Paths that leave their place, and names that the broker or the file system would read as more than a name.
func TestTraversal(t *testing.T) {
	i := up(t, `{}`)
	for _, name := range []string{
		"..", "../..", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e", "....//", "%00", "a%00.jpg", "*", "%3e", "a.%3e", "a%20b", "%24JS.API.INFO", "~root", "C:%5c", "%5c%5cx",
		"%c0%ae%c0%ae/", strings.Repeat("a", 5000), strings.Repeat("..%2f", 500), "%0d%0aX-Injected:%201",
	} {
		for _, path := range []string{
			"/v1/sessions/%s", "/v1/sessions/%s/video", "/v1/sessions/%s/recording", "/v1/exports/%s", "/v1/exports/%s/files/x", "/v1/exports/00000000-0000-4000-8000-000000000000/files/%s",
			"/v1/ui-configs/%s", "/ui-config/%s", "/v1/settings/revisions/%s", "/%s", "/lib/%s", "/admin/%s",
		} {
			at := fmt.Sprintf(path, name)
			status, answer := i.call("GET", at, "Bearer "+adminToken, nil)
			if status >= 500 || bytes.Contains(answer, []byte("root:")) || status == http.StatusOK && !strings.HasPrefix(at, "/admin/") && !strings.HasPrefix(path, "/%s") {
				t.Errorf("GET %.100s: %d %.200s", at, status, answer)
			}
		}
	}
}
