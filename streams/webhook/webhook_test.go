package webhook_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/webhook"
)

const secret = "the receiver's and ours"

var here = webhook.Networks{netip.MustParsePrefix("127.0.0.0/8")}

func TestPostIsSigned(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	said, err := webhook.New(secret, time.Minute, here).Post(t.Context(), server.URL+"/hook?x=1", []byte(`{"a":1}`))
	if err != nil || said != "202 Accepted" {
		t.Fatalf("got %q, %v", said, err)
	}
	if got.Method != http.MethodPost || got.RequestURI != "/hook?x=1" || got.Header.Get("Content-Type") != "application/json" || string(body) != `{"a":1}` {
		t.Errorf("got %s %s %v %s", got.Method, got.RequestURI, got.Header, body)
	}
	var seconds int64
	var hex string
	signature := strings.ReplaceAll(got.Header.Get(webhook.HeaderSignature), ",", " ")
	if _, err := fmt.Sscanf(signature, "t=%d v1=%s", &seconds, &hex); err != nil {
		t.Fatalf("signature %q: %v", signature, err)
	}
	if age := time.Since(time.Unix(seconds, 0)); age < 0 || age > time.Minute {
		t.Errorf("signed %s ago", age)
	}
	// OpenSSL agrees.
	sum := exec.CommandContext(t.Context(), "openssl", "dgst", "-sha256", "-hmac", secret)
	sum.Stdin = strings.NewReader(fmt.Sprintf("%d.%s", seconds, body))
	out, err := sum.Output()
	if err != nil {
		t.Skip("no openssl to compare with: ", err)
	}
	if !strings.Contains(string(out), hex) || len(hex) != 64 {
		t.Errorf("signed with %s, openssl says %s", hex, out)
	}
}

func TestPostWithoutSecret(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s, ok := r.Header[webhook.HeaderSignature]; ok {
			http.Error(w, fmt.Sprint(s), http.StatusBadRequest)
		}
	}))
	defer server.Close()
	if _, err := webhook.New("", time.Minute, here).Post(t.Context(), server.URL, nil); err != nil {
		t.Error(err)
	}
}

// speak answers with text that is not made by net/http.
func speak(w http.ResponseWriter, text string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		io.WriteString(conn, text)
		conn.Close()
	}
}

func TestUndeliveredPosts(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the body was sent elsewhere") }))
	defer elsewhere.Close()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		case "/wrong":
			w.WriteHeader(http.StatusInternalServerError)
			io.WriteString(w, "hush")
		case "/own-words":
			speak(w, "HTTP/1.1 500 hush\r\nContent-Length: 0\r\n\r\n")
		case "/other":
			speak(w, "SSH-2.0-hush\r\n")
		case "/silent":
			<-hang
		}
	}))
	defer server.Close()
	defer close(hang)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	at := strings.Replace(server.URL, "http://", "http://me:hush@", 1)
	for address, want := range map[string]string{
		at + "/moved?key=hush":      "307 Temporary Redirect",
		at + "/wrong?key=hush":      "answered 500 Internal Server Error",
		at + "/own-words":           "500 Internal Server Error",
		at + "/other":               "not one of a web server",
		at + "/silent?key=hush":     "Timeout exceeded",
		gone.URL + "/?key=hush":     "connection refused",
		"http://%zz/?key=hush":      "unreadable URL",
		"http://x:y:hush/?key=hush": "unreadable URL",
	} {
		timeout := time.Minute
		if strings.Contains(address, "silent") {
			timeout = 50 * time.Millisecond
		}
		_, err := webhook.New(secret, timeout, here).Post(context.Background(), address, []byte("{}"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") || len(err.Error()) > 400 {
			t.Errorf("%s: got %v", address, err)
		}
	}
}

func TestCheck(t *testing.T) {
	for address, fine := range map[string]bool{
		"http://a": true, "https://u:p@a:1/b?c": true,
		"": false, "a": false, "/a": false, "ftp://a/": false, "http://": false, "http://%zz": false, "file:///etc/passwd": false,
	} {
		if err := webhook.Check(address); (err == nil) != fine {
			t.Errorf("%q: %v", address, err)
		}
	}
}
