package account

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

const password = "a password for tests"

// clock is a time that passes when a test says so.
type clock struct{ at time.Time }

func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

func prepare(t *testing.T) (*Accounts, *clock, context.Context) {
	t.Helper()
	a := New(streamstest.Connect(t, streamstest.Broker(t, false)))
	c := &clock{time.Now().UTC()}
	a.now = func() time.Time { return c.at }
	return a, c, streamstest.Context(t)
}

// elsewhere returns the accounts as another edge sees them.
func (a *Accounts) elsewhere() *Accounts {
	return &Accounts{accounts: a.accounts, logins: a.logins, hasher: newHasher(), now: a.now}
}

// person creates a user who has changed their password, in a group of their own with the rights.
func (a *Accounts) with(t *testing.T, name string, rights ...Right) Caller {
	t.Helper()
	ctx := t.Context()
	groups := []string{Administrators}
	if rights != nil {
		groups = []string{"of-" + name}
		if _, err := a.PutGroup(ctx, Admin(), groups[0], rights); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := a.MakeUser(ctx, Admin(), name, groups, "handed over on paper"); err != nil {
		t.Fatal(err)
	}
	cookie, c, err := a.LogIn(ctx, name, "handed over on paper")
	if err != nil || !c.MustChange {
		t.Fatalf("got %+v, %v", c, err)
	}
	if err := a.ChangePassword(ctx, c, cookie, "handed over on paper", password, KeepTokens); err != nil {
		t.Fatal(err)
	}
	if c, err = a.ByCookie(ctx, cookie); err != nil || c.MustChange {
		t.Fatalf("got %+v, %v", c, err)
	}
	return c
}

func wantErr(t *testing.T, what string, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: got %v, want: %v", what, err, kind)
	}
}

func TestFirst(t *testing.T) {
	a, _, ctx := prepare(t)
	var group sync.WaitGroup
	passwords := make(chan string, 8)
	for range 8 {
		group.Go(func() {
			other := a.elsewhere()
			p, err := other.First(ctx)
			if err != nil {
				t.Error(err)
			}
			passwords <- p
		})
	}
	group.Wait()
	close(passwords)
	drawn := ""
	for p := range passwords {
		if p != "" && drawn != "" {
			t.Error("two have a password")
		}
		drawn += p
	}
	if _, c, err := a.LogIn(ctx, FirstUser, drawn); err != nil || !c.MustChange || c.Rights.Lacks(All()) != "" {
		t.Errorf("got %+v, %v", c, err)
	}
	if again, err := a.First(ctx); err != nil || again != "" {
		t.Errorf("got %q, %v", again, err)
	}
}

func TestLogInCostsTheSameForUnknownUsers(t *testing.T) {
	a, _, ctx := prepare(t)
	a.with(t, "known")
	a.with(t, "disabled", SessionsRead)
	if _, err := a.SetUser(ctx, Admin(), "disabled", nil, true, EndTokens); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"known", "unknown", "disabled", "", "no name at all"} {
		_, _, err := a.LogIn(ctx, name, "wrong password")
		wantErr(t, name, err, ErrUnauthenticated)
		if err.Error() != "the user or the password is wrong" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, _, err := a.LogIn(ctx, "disabled", password)
	wantErr(t, "disabled", err, ErrUnauthenticated)
	if _, c, err := a.LogIn(ctx, " Known ", password); err != nil || c.Name != "known" {
		t.Errorf("got %+v, %v", c, err)
	}
	for range hashesWait { // the queue is full: all others are refused
		a.hasher.waiting <- struct{}{}
	}
	for _, name := range []string{"known", "unknown", "disabled"} {
		_, _, err := a.LogIn(ctx, name, password)
		wantErr(t, name, err, ErrBusy)
	}
}

func TestWeakerHashesAreReplaced(t *testing.T) {
	a, _, ctx := prepare(t)
	a.with(t, "old")
	weak := hash{cost: cost{64, 1, 1}, salt: []byte("saltsalt")}
	weak.sum = argon2.IDKey([]byte(password), weak.salt, 1, 64, 1, 32)
	if err := a.edit(ctx, func(p *people) error { p.Users["old"].Password = weak.String(); return nil }); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, _, err := a.LogIn(ctx, "old", password); err != nil {
			t.Fatal(err)
		}
		p, _, err := a.people(ctx)
		if err != nil || !strings.HasPrefix(p.Users["old"].Password, "$argon2id$v=19$m=19456,") {
			t.Errorf("got %s, %v", p.Users["old"].Password, err)
		}
	}
}

func TestLogInsEnd(t *testing.T) {
	a, c, ctx := prepare(t)
	a.with(t, "u")
	logIn := func() string {
		t.Helper()
		cookie, _, err := a.LogIn(ctx, "u", password)
		if err != nil {
			t.Fatal(err)
		}
		return cookie
	}
	idle, used, out := logIn(), logIn(), logIn()
	if err := a.LogOut(ctx, out); err != nil {
		t.Fatal(err)
	}
	_, err := a.ByCookie(ctx, out)
	wantErr(t, "logged out", err, ErrUnauthenticated)
	for range 2 {
		c.pass(loginTime - time.Hour)
		if _, err := a.ByCookie(ctx, used); err != nil {
			t.Fatal(err)
		}
	}
	_, err = a.ByCookie(ctx, idle)
	wantErr(t, "not used", err, ErrUnauthenticated)
	for range 30 {
		c.pass(loginTime / 2)
		_, err = a.ByCookie(ctx, used)
	}
	wantErr(t, "used for a week", err, ErrUnauthenticated)
	for _, cookie := range []string{"", "x", strings.Repeat("A", 43), loginKey(used)} {
		_, err := a.ByCookie(ctx, cookie)
		wantErr(t, cookie, err, ErrUnauthenticated)
	}
}

func TestLogInsAreStoredHashed(t *testing.T) {
	a, _, ctx := prepare(t)
	a.with(t, "u")
	cookie, c, err := a.LogIn(ctx, "u", password)
	if err != nil || len(cookie) != 43 || c.CSRF == "" || strings.Contains(c.CSRF, cookie) {
		t.Fatalf("got %q %+v, %v", cookie, c, err)
	}
	if _, err := a.logins.Get(ctx, cookie); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("the cookie is the key: %v", err)
	}
	v, err := a.logins.Get(ctx, loginKey(cookie))
	if err != nil || strings.Contains(string(v.Data), cookie) || strings.Contains(string(v.Data), c.CSRF) {
		t.Errorf("got %s, %v", v.Data, err)
	}
	other, d, err := a.LogIn(ctx, "u", password)
	if err != nil || other == cookie || d.CSRF == c.CSRF {
		t.Errorf("two log-ins alike: %v", err)
	}
}
