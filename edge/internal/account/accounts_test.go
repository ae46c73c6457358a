package account

import (
	"context"
	"errors"
	"slices"
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

func TestTokens(t *testing.T) {
	a, c, ctx := prepare(t)
	maker := a.with(t, "maker", TokensWrite, SessionsRead, StatsRead)
	week := c.at.Add(7 * 24 * time.Hour)
	made, secret, err := a.MakeToken(ctx, maker, " for the bank ", Rights{StatsRead, SessionsRead, StatsRead}, &week)
	if err != nil || made.Name != "for the bank" || made.CreatedBy != "maker" || !slices.Equal(made.Scopes, Rights{SessionsRead, StatsRead}) {
		t.Fatalf("got %+v, %v", made, err)
	}
	v, err := a.accounts.Get(ctx, tokenKey+made.ID)
	if err != nil || strings.Contains(string(v.Data), secret[20:]) {
		t.Errorf("stored is %s, %v", v.Data, err)
	}
	by := func(what string, want ...Right) Caller {
		t.Helper()
		got, err := a.ByToken(ctx, secret)
		if err != nil || !slices.Equal(got.Rights, want) || got.Name != "token:"+made.ID || got.CSRF != "" {
			t.Errorf("%s: got %+v, %v", what, got, err)
		}
		return got
	}
	by("whole", SessionsRead, StatsRead)
	used := func() time.Time {
		tokens, err := a.Tokens(ctx)
		if err != nil || len(tokens) != 1 || tokens[0].LastUsed == nil {
			t.Fatalf("got %+v, %v", tokens, err)
		}
		return *tokens[0].LastUsed
	}
	first := used()
	c.pass(tokenBeat - time.Second)
	by("a little later", SessionsRead, StatsRead)
	if !used().Equal(first) {
		t.Error("each use is noted")
	}
	c.pass(time.Second)
	by("a minute later", SessionsRead, StatsRead)
	if !used().Equal(c.at) {
		t.Error("its use is not noted")
	}
	flip := secret[:len(secret)-1] + string('A'+(secret[len(secret)-1]-'A'+1)%2)
	for _, wrong := range []string{"", secret + "x", secret[1:], flip, strings.Replace(secret, made.ID, "000000000000", 1), "selene_" + made.ID + "_"} {
		_, err := a.ByToken(ctx, wrong)
		wantErr(t, wrong, err, ErrUnauthenticated)
	}

	// It can do no more than its maker can now.
	if _, err := a.PutGroup(ctx, Admin(), "of-maker", Rights{StatsRead, AuditRead}); err != nil {
		t.Fatal(err)
	}
	by("demoted", StatsRead)
	if _, err := a.SetUser(ctx, Admin(), "maker", []string{"of-maker"}, true, KeepTokens); err != nil {
		t.Fatal(err)
	}
	_, err = a.ByToken(ctx, secret)
	wantErr(t, "maker disabled", err, ErrUnauthenticated)
	if _, err := a.SetUser(ctx, Admin(), "maker", []string{"of-maker"}, false, EndTokens); err != nil {
		t.Fatal(err)
	}
	by("enabled", StatsRead)
	c.pass(7 * 24 * time.Hour)
	_, err = a.ByToken(ctx, secret)
	wantErr(t, "expired", err, ErrUnauthenticated)
	if err := a.DeleteToken(ctx, Admin(), made.ID); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "deleted twice", a.DeleteToken(ctx, Admin(), made.ID), streams.ErrNotFound)
	wantErr(t, "no id", a.DeleteToken(ctx, Admin(), "*"), streams.ErrNotFound)
}

func TestTokensOfDeletedUsers(t *testing.T) {
	a, c, ctx := prepare(t)
	maker := a.with(t, "maker", TokensWrite, SessionsRead)
	_, secret, err := a.MakeToken(ctx, maker, "one", Rights{TokensWrite, SessionsRead}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := a.ByToken(ctx, secret)
	if err != nil {
		t.Fatal(err)
	}
	child, childSecret, err := a.MakeToken(ctx, token, "made by a token", Rights{SessionsRead}, nil)
	if err != nil || child.CreatedBy != token.Name {
		t.Fatalf("got %+v, %v", child, err)
	}
	_, forever, err := a.MakeToken(ctx, Admin(), "of the installation", Rights{SessionsRead}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.DeleteUser(ctx, Admin(), "maker"); err != nil {
		t.Fatal(err)
	}
	// A request that was under way; and a new user of the same name.
	_, late, err := a.MakeToken(ctx, maker, "late", Rights{SessionsRead}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.pass(time.Second)
	a.with(t, "maker")
	for _, s := range []string{secret, childSecret, late} {
		_, err := a.ByToken(ctx, s)
		wantErr(t, s[:19], err, ErrUnauthenticated)
	}
	if c, err := a.ByToken(ctx, forever); err != nil || !slices.Equal(c.Rights, Rights{SessionsRead}) {
		t.Errorf("got %+v, %v", c, err)
	}
	if tokens, err := a.Tokens(ctx); err != nil || len(tokens) != 2 {
		t.Errorf("got %+v, %v", tokens, err)
	}
}

func TestTokenCreatesNoLongerLivedToken(t *testing.T) {
	a, c, ctx := prepare(t)
	end := c.at.Add(time.Hour)
	_, secret, err := a.MakeToken(ctx, Admin(), "for an hour", Rights{TokensWrite, SessionsRead}, &end)
	if err != nil {
		t.Fatal(err)
	}
	by, err := a.ByToken(ctx, secret)
	if err != nil {
		t.Fatal(err)
	}
	late := end.Add(time.Second)
	for _, expires := range []*time.Time{nil, &late} {
		_, _, err := a.MakeToken(ctx, by, "for longer", Rights{SessionsRead}, expires)
		wantErr(t, "for longer", err, ErrInvalid)
	}
	if _, _, err := a.MakeToken(ctx, by, "for as long", Rights{SessionsRead}, &end); err != nil {
		t.Error(err)
	}
}

func TestRefusedTokens(t *testing.T) {
	a, c, ctx := prepare(t)
	maker := a.with(t, "maker", TokensWrite, SessionsRead)
	past := c.at
	for what, w := range map[string]struct {
		name    string
		scopes  Rights
		expires *time.Time
		kind    error
	}{
		"no name":       {" ", Rights{SessionsRead}, nil, ErrInvalid},
		"a long name":   {strings.Repeat("n", 65), Rights{SessionsRead}, nil, ErrInvalid},
		"a line":        {"a\nb", Rights{SessionsRead}, nil, ErrInvalid},
		"no scopes":     {"n", nil, nil, ErrInvalid},
		"unknown scope": {"n", Rights{"sessions:own"}, nil, ErrInvalid},
		"over":          {"n", Rights{SessionsRead}, &past, ErrInvalid},
		"more than his": {"n", Rights{SessionsRead, SessionsWrite}, nil, ErrForbidden},
	} {
		_, _, err := a.MakeToken(ctx, maker, w.name, w.scopes, w.expires)
		wantErr(t, what, err, w.kind)
	}
}

// Whoever may change users gains nothing by it.
func TestGrantsAreBounded(t *testing.T) {
	a, _, ctx := prepare(t)
	a.with(t, "boss")
	clerk := a.with(t, "clerk", UsersRead, UsersWrite, SessionsRead)
	a.with(t, "reader", SessionsRead)
	a.with(t, "auditor", AuditRead)
	refused := func(what string, right Right, err error) {
		t.Helper()
		wantErr(t, what, err, ErrForbidden)
		if err != nil && !strings.Contains(err.Error(), string(right)) {
			t.Errorf("%s: %v does not name %s", what, err, right)
		}
	}
	allowed := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, _, err := a.MakeUser(ctx, clerk, "mine", []string{Administrators}, "")
	refused("make an administrator", SessionsWrite, err)
	_, _, err = a.MakeUser(ctx, clerk, "mine", []string{"of-reader", "of-auditor"}, "")
	refused("make an auditor", AuditRead, err)
	_, err = a.SetUser(ctx, clerk, "clerk", []string{"of-clerk", "of-auditor"}, false, EndTokens)
	refused("join the auditors", AuditRead, err)
	_, err = a.SetUser(ctx, clerk, "reader", []string{"of-reader", "of-auditor"}, false, EndTokens)
	refused("lift a friend", AuditRead, err)
	_, err = a.SetUser(ctx, clerk, "boss", []string{"of-reader"}, false, EndTokens)
	refused("lower the boss", SessionsWrite, err)
	_, err = a.SetUser(ctx, clerk, "auditor", []string{"of-auditor"}, true, EndTokens)
	refused("disable the auditor", AuditRead, err)
	_, err = a.ResetPassword(ctx, clerk, "boss", EndTokens)
	refused("become the boss", SessionsWrite, err)
	refused("remove the auditor", AuditRead, a.DeleteUser(ctx, clerk, "auditor"))
	_, err = a.PutGroup(ctx, clerk, "of-clerk", Rights{UsersRead, UsersWrite, AuditRead})
	refused("widen his group", AuditRead, err)
	_, err = a.PutGroup(ctx, clerk, "mine", All())
	refused("make a group of all", SessionsWrite, err)
	_, err = a.PutGroup(ctx, clerk, "of-auditor", Rights{})
	refused("empty the auditors", AuditRead, err)
	refused("remove the auditors", AuditRead, a.DeleteGroup(ctx, clerk, "of-auditor"))
	if u, err := a.Users(ctx); err != nil || len(u) != 4 || u[0].Disabled || !slices.Equal(u[1].Groups, []string{Administrators}) {
		t.Errorf("got %+v, %v", u, err)
	}

	_, _, err = a.MakeUser(ctx, clerk, "mine", []string{"of-reader"}, "")
	allowed("make a reader", err)
	_, err = a.SetUser(ctx, clerk, "mine", nil, true, EndTokens)
	allowed("disable him", err)
	_, err = a.ResetPassword(ctx, clerk, "mine", EndTokens)
	allowed("reset his password", err)
	_, err = a.PutGroup(ctx, clerk, "of-reader", Rights{})
	allowed("lower the readers", err)
	allowed("remove him", a.DeleteUser(ctx, clerk, "mine"))

	wantErr(t, "remove himself", a.DeleteUser(ctx, clerk, "clerk"), ErrConflict)
	_, err = a.SetUser(ctx, clerk, "clerk", []string{"of-clerk"}, true, EndTokens)
	wantErr(t, "disable himself", err, ErrConflict)
	_, err = a.ResetPassword(ctx, clerk, "clerk", EndTokens)
	wantErr(t, "reset his own", err, ErrConflict)
}

func TestLastAdministrator(t *testing.T) {
	a, _, ctx := prepare(t)
	boss := a.with(t, "boss")
	_, err := a.SetUser(ctx, Admin(), "boss", nil, false, EndTokens)
	wantErr(t, "lower", err, ErrConflict)
	_, err = a.SetUser(ctx, Admin(), "boss", []string{Administrators}, true, EndTokens)
	wantErr(t, "disable", err, ErrConflict)
	wantErr(t, "remove", a.DeleteUser(ctx, Admin(), "boss"), ErrConflict)
	wantErr(t, "remove the group", a.DeleteGroup(ctx, Admin(), Administrators), ErrConflict)
	_, err = a.PutGroup(ctx, Admin(), Administrators, Rights{})
	wantErr(t, "empty the group", err, ErrConflict)
	a.with(t, "disabled")
	if _, err := a.SetUser(ctx, Admin(), "disabled", []string{Administrators}, true, EndTokens); err != nil {
		t.Fatal(err)
	}
	_, err = a.SetUser(ctx, boss, "boss", nil, false, EndTokens)
	wantErr(t, "a disabled one is none", err, ErrConflict)

	// When two administrators remove each other at two edges at the same time, one remains.
	for range 4 {
		other := a.with(t, "other")
		var group sync.WaitGroup
		for victim, by := range map[string]Caller{"boss": other, "other": boss} {
			group.Go(func() {
				if err := a.elsewhere().DeleteUser(ctx, by, victim); err != nil && !errors.Is(err, ErrConflict) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		p, _, err := a.people(ctx)
		if err != nil || p.administrators() != 1 {
			t.Fatalf("%d administrators, %v", p.administrators(), err)
		}
		if p.Users["boss"] == nil {
			boss = a.with(t, "boss")
		}
		if _, err := a.SetUser(ctx, Admin(), "other", nil, true, EndTokens); err == nil {
			err = a.DeleteUser(ctx, Admin(), "other")
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestRefusedUsersAndGroups(t *testing.T) {
	a, _, ctx := prepare(t)
	a.with(t, "reader", SessionsRead)
	for what, f := range map[string]struct {
		do   func() error
		kind error
	}{
		"a name":                 {func() error { _, _, err := a.MakeUser(ctx, Admin(), "Upper Case", nil, ""); return err }, ErrInvalid},
		"a subject":              {func() error { _, _, err := a.MakeUser(ctx, Admin(), ">", nil, ""); return err }, ErrInvalid},
		"no such group":          {func() error { _, _, err := a.MakeUser(ctx, Admin(), "u", []string{"x"}, ""); return err }, ErrInvalid},
		"a password":             {func() error { _, _, err := a.MakeUser(ctx, Admin(), "u", nil, "short"); return err }, ErrInvalid},
		"there is one":           {func() error { _, _, err := a.MakeUser(ctx, Admin(), "reader", nil, ""); return err }, ErrConflict},
		"set an unknown user":    {func() error { _, err := a.SetUser(ctx, Admin(), "nobody", nil, false, EndTokens); return err }, streams.ErrNotFound},
		"reset an unknown user":  {func() error { _, err := a.ResetPassword(ctx, Admin(), "nobody", EndTokens); return err }, streams.ErrNotFound},
		"delete an unknown user": {func() error { return a.DeleteUser(ctx, Admin(), "nobody") }, streams.ErrNotFound},
		"no group to go":         {func() error { return a.DeleteGroup(ctx, Admin(), "nobody") }, streams.ErrNotFound},
		"members":                {func() error { return a.DeleteGroup(ctx, Admin(), "of-reader") }, ErrConflict},
		"no such right":          {func() error { _, err := a.PutGroup(ctx, Admin(), "g", Rights{"all"}); return err }, ErrInvalid},
		"a group's name":         {func() error { _, err := a.PutGroup(ctx, Admin(), "G", nil); return err }, ErrInvalid},
	} {
		wantErr(t, what, f.do(), f.kind)
	}
}

// Whoever gets hold of an account can leave a token behind: it ends with what takes the account back.
func TestTokensEndWithPasswordsAndDisabling(t *testing.T) {
	a, _, ctx := prepare(t)
	end := map[string]func(tokens Tokens) error{
		"reset": func(tokens Tokens) error { _, err := a.ResetPassword(ctx, Admin(), "u", tokens); return err },
		"disable": func(tokens Tokens) error {
			_, err := a.SetUser(ctx, Admin(), "u", []string{"of-u"}, true, tokens)
			if err == nil {
				_, err = a.SetUser(ctx, Admin(), "u", []string{"of-u"}, false, tokens)
			}
			return err
		},
		"change": func(tokens Tokens) error {
			reset, err := a.ResetPassword(ctx, Admin(), "u", KeepTokens)
			if err != nil {
				return err
			}
			cookie, c, err := a.LogIn(ctx, "u", reset)
			if err == nil {
				err = a.ChangePassword(ctx, c, cookie, reset, password, tokens)
			}
			if err == nil {
				_, err = a.ByCookie(ctx, cookie)
			}
			return err
		},
	}
	u := a.with(t, "u", TokensWrite, SessionsRead)
	_, others, err := a.MakeToken(ctx, Admin(), "of the installation", Rights{SessionsRead}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, deed := range end {
		u.epoch = ""
		if p, _, err := a.people(ctx); err == nil {
			u.epoch = p.Users["u"].Tokens
		}
		_, secret, err := a.MakeToken(ctx, u, "left behind", Rights{TokensWrite, SessionsRead}, nil)
		if err != nil {
			t.Fatal(err)
		}
		token, err := a.ByToken(ctx, secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := deed(KeepTokens); err != nil {
			t.Fatal(err)
		}
		if _, err := a.ByToken(ctx, secret); err != nil {
			t.Errorf("%s: the token was not kept: %v", what, err)
		}
		if err := deed(EndTokens); err != nil {
			t.Fatal(err)
		}
		// A request of the token that was under way.
		_, late, err := a.MakeToken(ctx, token, "late", Rights{SessionsRead}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{secret, late} {
			_, err := a.ByToken(ctx, s)
			wantErr(t, what, err, ErrUnauthenticated)
		}
		if tokens, err := a.Tokens(ctx); err != nil || slices.ContainsFunc(tokens, func(t Token) bool { return t.Name == "left behind" }) {
			t.Errorf("%s: got %+v, %v", what, tokens, err)
		}
	}
	if _, err := a.ByToken(ctx, others); err != nil {
		t.Errorf("the token of somebody else: %v", err)
	}
}

func TestOthersTokensCannotBeDeleted(t *testing.T) {
	a, _, ctx := prepare(t)
	maker, other := a.with(t, "maker", TokensWrite, SessionsRead), a.with(t, "other", TokensWrite, SessionsRead)
	boss := a.with(t, "boss", TokensWrite, UsersWrite)
	token := func() string {
		t.Helper()
		made, _, err := a.MakeToken(ctx, maker, "of maker", Rights{SessionsRead}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return made.ID
	}
	id := token()
	wantErr(t, "another's", a.DeleteToken(ctx, other, id), ErrForbidden)
	again := maker
	again.since = again.since.Add(time.Hour)
	wantErr(t, "a later user's of the same name", a.DeleteToken(ctx, again, id), ErrForbidden)
	if err := a.DeleteToken(ctx, maker, id); err != nil {
		t.Error(err)
	}
	if err := a.DeleteToken(ctx, boss, token()); err != nil {
		t.Error(err)
	}
}
