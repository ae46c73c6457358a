package account

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams"
)

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
		"no name":          {" ", Rights{SessionsRead}, nil, ErrInvalid},
		"a long name":      {strings.Repeat("n", 65), Rights{SessionsRead}, nil, ErrInvalid},
		"a line":           {"a\nb", Rights{SessionsRead}, nil, ErrInvalid},
		"no scopes":        {"n", nil, nil, ErrInvalid},
		"unknown scope":    {"n", Rights{"sessions:own"}, nil, ErrInvalid},
		"over":             {"n", Rights{SessionsRead}, &past, ErrInvalid},
		"more than theirs": {"n", Rights{SessionsRead, SessionsWrite}, nil, ErrForbidden},
	} {
		_, _, err := a.MakeToken(ctx, maker, w.name, w.scopes, w.expires)
		wantErr(t, what, err, w.kind)
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
