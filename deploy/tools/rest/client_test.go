package rest

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestErrorsAreReadable(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, want string
	}{
		{404, `{"title":"Not Found","status":404,"detail":"session 1 is not stored"}`, "session 1 is not stored"},
		{422, `{"title":"Unprocessable Entity","detail":"thresholds.blur: must be 0 to 1","errors":[{"path":"thresholds.blur","detail":"must be 0 to 1"}]}`, "thresholds.blur: must be 0 to 1"},
		{422, `{"errors":[{"path":"","detail":"must be an object"},{"path":"a.b","detail":"is unknown"}]}`, "must be an object; a.b: is unknown"},
		{502, `<html>`, "the installation answered 502 Bad Gateway"},
		{401, `{"detail":"the token is unknown"}`, "the token is unknown (SELENE_ADMIN_TOKEN or --token sets the token)"},
		{403, `{"detail":"not allowed"}`, "not allowed (the token does not have this permission)"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		client := Client{URL: s.URL + "/", Token: "t"}
		err := client.Get(t.Context(), "/v1/x", &struct{}{})
		s.Close()
		var refused *Refused
		if !errors.As(err, &refused) || refused.Status != c.status || err.Error() != c.want {
			t.Errorf("%d %s: %v, want %q", c.status, c.body, err, c.want)
		}
	}
}

func TestUnreachableServer(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	_, err := (&Client{URL: s.URL, Token: "t"}).Open(t.Context(), "/v1/x")
	if err == nil || !strings.HasPrefix(err.Error(), "no installation answers at "+s.URL+" (--url or SELENE_URL sets the address): dial tcp") {
		t.Errorf("error is %v", err)
	}
}

func TestRequests(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"token": r.Header.Get("Authorization"), "type": r.Header.Get("Content-Type"), "uri": r.RequestURI})
	}))
	defer s.Close()
	file := filepath.Join(t.TempDir(), "admin.token")
	if err := os.WriteFile(file, []byte("kept\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := Client{URL: s.URL, TokenFile: file}
	var got struct{ Token, Type, URI string }
	if err := c.Call(t.Context(), http.MethodPut, "/v1/x"+Query("a", "1 2", "b", ""), []byte("{}"), &got); err != nil {
		t.Fatal(err)
	}
	if got.Token != "Bearer kept" || got.Type != "application/json" || got.URI != "/v1/x?a=1+2" {
		t.Errorf("sent %+v", got)
	}
	if err := c.Upload(t.Context(), "/v1/x", strings.NewReader("bytes"), &got); err != nil || got.Type != "application/octet-stream" {
		t.Errorf("sent %+v, %v", got, err)
	}
	var raw json.RawMessage
	if err := c.Call(t.Context(), http.MethodDelete, "/v1/x", nil, &raw); err != nil || raw != nil {
		t.Errorf("an empty answer gives %q, %v", raw, err)
	}
	if err := c.Get(t.Context(), "/v1/x", &raw); err != nil || !strings.Contains(string(raw), `"type":""`) {
		t.Errorf("got %s, %v", raw, err)
	}
	c.TokenFile += ".absent"
	if err := c.Get(t.Context(), "/v1/x", &raw); err == nil || !strings.Contains(err.Error(), "SELENE_ADMIN_TOKEN") {
		t.Errorf("without a token: %v", err)
	}
}
