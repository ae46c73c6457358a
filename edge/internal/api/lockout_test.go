package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/edge/internal/account"
)

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
