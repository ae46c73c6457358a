package account

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/selene-liveness/selene/streams"
)

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
	refused("widen their group", AuditRead, err)
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
	allowed("disable them", err)
	_, err = a.ResetPassword(ctx, clerk, "mine", EndTokens)
	allowed("reset their password", err)
	_, err = a.PutGroup(ctx, clerk, "of-reader", Rights{})
	allowed("lower the readers", err)
	allowed("remove them", a.DeleteUser(ctx, clerk, "mine"))

	wantErr(t, "remove himself", a.DeleteUser(ctx, clerk, "clerk"), ErrConflict)
	_, err = a.SetUser(ctx, clerk, "clerk", []string{"of-clerk"}, true, EndTokens)
	wantErr(t, "disable himself", err, ErrConflict)
	_, err = a.ResetPassword(ctx, clerk, "clerk", EndTokens)
	wantErr(t, "reset their own", err, ErrConflict)
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
