package api

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestClient(t *testing.T) {
	proxies, err := ParseProxies([]string{"10.0.0.0/8", " ::1", "192.0.2.9"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		remote, forwarded, proto string
		want                     string
		secure                   bool
	}{
		{"198.51.100.1:5", "", "", "198.51.100.1", false},
		{"198.51.100.1:5", "1.2.3.4", "https", "198.51.100.1", false}, // headers of clients are not trusted
		{"10.1.1.1:5", "1.2.3.4", "https", "1.2.3.4", true},
		{"10.1.1.1:5", "6.6.6.6, 1.2.3.4", "http", "1.2.3.4", false}, // the client's own value comes first
		{"10.1.1.1:5", "6.6.6.6, 1.2.3.4, 10.2.2.2", "", "1.2.3.4", false},
		{"[::1]:5", "1.2.3.4:99", "HTTPS", "1.2.3.4", true},
		{"[::ffff:10.1.1.1]:5", "[2001:db8::7]:99", "", "2001:db8::7", false},
		{"10.1.1.1:5", "nonsense", "", "10.1.1.1", false},
		{"10.1.1.1:5", "1.2.3.4, nonsense", "", "10.1.1.1", false},
		{"10.1.1.1:5", "", "", "10.1.1.1", false},
		{"10.1.1.1:5", "10.3.3.3, 10.2.2.2", "", "10.3.3.3", false},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{"X-Forwarded-For": {c.forwarded}, "X-Forwarded-Proto": {c.proto}}}
		if got := proxies.of(r); got.addr.String() != c.want || got.secure != c.secure {
			t.Errorf("%+v: got %+v", c, got)
		}
	}
	if got := Proxies(nil).of(&http.Request{RemoteAddr: "1.2.3.4:5", TLS: &tls.ConnectionState{}}); !got.secure {
		t.Error("TLS is not secure")
	}
	for _, wrong := range []string{"", "host", "10.0.0.0/99", "1.2.3.4:5"} {
		if _, err := ParseProxies([]string{wrong}); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

func FuzzForwardedFor(f *testing.F) {
	f.Add("1.2.3.4, [::1]:5")
	proxies, err := ParseProxies([]string{"0.0.0.0/0", "::/0"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, forwarded string) {
		got := proxies.of(&http.Request{RemoteAddr: "1.2.3.4:5", Header: http.Header{"X-Forwarded-For": {forwarded}}})
		if !got.addr.IsValid() || got.key() == "" {
			t.Errorf("%q: %+v", forwarded, got)
		}
	})
}

func TestLimiterIsBounded(t *testing.T) {
	now := time.Now()
	l := newLimiter(1, 2)
	for range 2 {
		if wait := l.take("mine", now); wait != 0 {
			t.Fatalf("got %s", wait)
		}
	}
	if wait := l.take("mine", now); wait != time.Second {
		t.Errorf("got %s", wait)
	}
	for n := range limitedKeys - 1 {
		l.take(fmt.Sprint(n), now)
	}
	// New addresses share a bucket, and an address over its limit stays over it.
	shared := 0
	for n := range 10 {
		if l.take(fmt.Sprint("new", n), now) == 0 {
			shared++
		}
	}
	if shared != 2 || len(l.buckets) > limitedKeys+1 || l.take("mine", now) == 0 {
		t.Errorf("%d requests passed, %d buckets", shared, len(l.buckets))
	}
	// Once the others are quiet there is room again.
	now = now.Add(time.Minute)
	if l.take("late", now) != 0 || len(l.buckets) > 2 {
		t.Errorf("%d buckets", len(l.buckets))
	}
}
