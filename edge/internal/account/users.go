package account

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/selene-liveness/selene/streams"
)

// Users returns all users, sorted by name.
func (a *Accounts) Users(ctx context.Context) ([]User, error) {
	p, _, err := a.people(ctx)
	if err != nil {
		return nil, err
	}
	users := make([]User, 0, len(p.Users))
	for _, u := range p.Users {
		users = append(users, u.User)
	}
	slices.SortFunc(users, func(x, y User) int { return cmp.Compare(x.Name, y.Name) })
	return users, nil
}

// MakeUser adds a user, with a generated password if none is given. It must be changed at the first login, since
// another person knows it.
func (a *Accounts) MakeUser(ctx context.Context, by Caller, name string, groups []string, password string) (User, string, error) {
	if err := checkName("name", name); err != nil {
		return User{}, "", err
	}
	if password == "" {
		password = generatePassword()
	}
	if err := checkPassword(name, password); err != nil {
		return User{}, "", err
	}
	phc, err := a.hasher.make(ctx, password)
	if err != nil {
		return User{}, "", err
	}
	made := &person{User: User{Name: name, MustChange: true, Created: a.now()}, Password: phc}
	made.endLogins()
	err = a.edit(ctx, func(p *people) error {
		if p.Users[name] != nil {
			return conflict("user %s exists already", name)
		}
		if len(p.Users) >= maxUsers {
			return conflict("the limit of %d users is reached: delete one first", maxUsers)
		}
		if made.Groups, err = p.checkGroups(groups); err != nil {
			return err
		}
		if err := by.grants(p.rightsOf(made.Groups), "to grant it to a user"); err != nil {
			return err
		}
		p.Users[name] = made
		return nil
	})
	return made.User, password, err
}

// stronger is the reason for which a user with more rights cannot be changed.
const stronger = "to change a user who has it"

// Tokens says what happens to a user's API tokens.
type Tokens bool

// EndTokens deletes them. With KeepTokens they have effect again as soon as the user is enabled.
const (
	EndTokens  Tokens = false
	KeepTokens Tokens = true
)

// SetUser changes the groups of a user, and whether the user can log in. Disabling a user ends their logins, and their tokens unless
// they are to be kept.
func (a *Accounts) SetUser(
	ctx context.Context, by Caller, name string, groups []string, disabled bool, tokens Tokens,
) (changed User, err error) {
	epoch := ""
	err = a.edit(ctx, func(p *people) error {
		epoch = ""
		u, err := p.find(name)
		if err != nil {
			return err
		}
		if groups, err = p.checkGroups(groups); err != nil {
			return err
		}
		if err := by.grants(p.rightsOf(u.Groups), stronger); err != nil {
			return err
		}
		if err := by.grants(p.rightsOf(groups), "to grant it to a user"); err != nil {
			return err
		}
		if disabled && by.is(name) {
			return conflict("users cannot disable themselves")
		}
		if disabled {
			u.endLogins()
		}
		if disabled && tokens == EndTokens {
			u.endTokens()
			epoch = u.Tokens
		}
		u.Groups, u.Disabled = groups, disabled
		changed = u.User
		return nil
	})
	if err == nil && epoch != "" {
		err = a.deleteTokensOf(ctx, name, epoch)
	}
	return changed, err
}

// ResetPassword returns a new password for a user, which must be changed at the next login, and ends their logins, and their tokens
// unless they are to be kept.
func (a *Accounts) ResetPassword(ctx context.Context, by Caller, name string, tokens Tokens) (password string, err error) {
	if by.is(name) {
		return "", conflict("change your own password with POST /v1/me/password")
	}
	password = generatePassword()
	phc, err := a.hasher.make(ctx, password)
	if err != nil {
		return "", err
	}
	epoch := ""
	err = a.edit(ctx, func(p *people) error {
		u, err := p.find(name)
		if err != nil {
			return err
		}
		if err := by.grants(p.rightsOf(u.Groups), stronger); err != nil {
			return err
		}
		u.Password, u.MustChange = phc, true
		u.endLogins()
		if tokens == EndTokens {
			u.endTokens()
			epoch = u.Tokens
		}
		return nil
	})
	if err == nil && epoch != "" {
		err = a.deleteTokensOf(ctx, name, epoch)
	}
	return password, err
}

// DeleteUser deletes a user. Their logins and tokens become invalid.
func (a *Accounts) DeleteUser(ctx context.Context, by Caller, name string) error {
	err := a.edit(ctx, func(p *people) error {
		u, err := p.find(name)
		if err != nil {
			return err
		}
		if by.is(name) {
			return conflict("users cannot delete themselves")
		}
		if err := by.grants(p.rightsOf(u.Groups), stronger); err != nil {
			return err
		}
		delete(p.Users, name)
		return nil
	})
	if err != nil {
		return err
	}
	return a.deleteTokensOf(ctx, name, "")
}

// is reports whether a user is the caller, or the owner of the caller's token.
func (c Caller) is(user string) bool { return c.owner == user }

// Groups returns all groups, including the administrators, sorted by name.
func (a *Accounts) Groups(ctx context.Context) ([]Group, error) {
	p, _, err := a.people(ctx)
	if err != nil {
		return nil, err
	}
	groups := []Group{{Administrators, All()}}
	for _, name := range slices.Sorted(maps.Keys(p.Groups)) {
		groups = append(groups, Group{name, All().both(p.Groups[name])})
	}
	return groups, nil
}

// PutGroup creates a group or changes its rights.
func (a *Accounts) PutGroup(ctx context.Context, by Caller, name string, rights Rights) (Group, error) {
	if err := checkName("name", name); err != nil {
		return Group{}, err
	}
	if name == Administrators {
		return Group{}, conflict("group %s always has every right", name)
	}
	rights, err := rights.parse("rights")
	if err != nil {
		return Group{}, err
	}
	err = a.edit(ctx, func(p *people) error {
		old, there := p.Groups[name]
		if !there && len(p.Groups) >= maxGroups {
			return conflict("the limit of %d groups is reached: delete one first", maxGroups)
		}
		if err := by.grants(old, "to change a group that has it"); err != nil {
			return err
		}
		if err := by.grants(rights, "to grant it to a group"); err != nil {
			return err
		}
		p.Groups[name] = rights
		return nil
	})
	return Group{name, rights}, err
}

// DeleteGroup deletes a group without members.
func (a *Accounts) DeleteGroup(ctx context.Context, by Caller, name string) error {
	if name == Administrators {
		return conflict("group %s cannot be deleted", name)
	}
	return a.edit(ctx, func(p *people) error {
		rights, ok := p.Groups[name]
		if !ok {
			return notFound("group", name)
		}
		if err := by.grants(rights, "to delete a group that has it"); err != nil {
			return err
		}
		for _, u := range p.Users {
			if slices.Contains(u.Groups, name) {
				return conflict("user %s is in group %s: remove them from it first", u.Name, name)
			}
		}
		delete(p.Groups, name)
		return nil
	})
}

func notFound(what, name string) error {
	return fmt.Errorf("%s %.64q: %w", what, name, streams.ErrNotFound)
}
