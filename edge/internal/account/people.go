package account

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/selene-liveness/selene/streams"
)

// User is an account that can log in.
type User struct {
	Name       string     `json:"name"`
	Groups     []string   `json:"groups"`
	Disabled   bool       `json:"disabled"`
	MustChange bool       `json:"must_change_password"` // before anything else
	Created    time.Time  `json:"created"`
	LastLogin  *time.Time `json:"last_login,omitempty"`
}

// Group grants rights to its users.
type Group struct {
	Name   string `json:"name"`
	Rights Rights `json:"rights"`
}

// Administrators is the group that has every right, including those of later versions. It is not stored.
const Administrators = "administrators"

// person is a user as stored.
type person struct {
	User
	Password string `json:"password"`         // PHC string
	Logins   string `json:"logins"`           // logins that carry another value have ended
	Tokens   string `json:"tokens,omitempty"` // so have tokens that carry another value
}

func (p *person) endLogins() { p.Logins = randomHex(8) }

func (p *person) endTokens() { p.Tokens = randomHex(8) }

// people holds all users and groups. It is one document, so that two changes together cannot do what neither may do alone,
// such as removing the last two administrators.
type people struct {
	Users  map[string]*person `json:"users"`
	Groups map[string]Rights  `json:"groups"`
}

const (
	peopleKey   = "people"
	maxUsers    = 1000
	maxGroups   = 100
	editRetries = 20
)

var nameRule = regexp.MustCompile(`^[a-z0-9][a-z0-9._@+-]{0,63}$`)

func checkName(what, name string) error {
	if !nameRule.MatchString(name) {
		return invalid(what, "must consist of 1 to 64 lowercase letters, digits and ._@+-, and begin with a letter or digit")
	}
	return nil
}

func (p *people) group(name string) (Rights, bool) {
	if name == Administrators {
		return All(), true
	}
	rights, ok := p.Groups[name]
	return rights, ok
}

// rightsOf returns all rights of the groups together.
func (p *people) rightsOf(groups []string) Rights {
	var sum Rights
	for _, g := range groups {
		rights, _ := p.group(g)
		sum = append(sum, rights...)
	}
	return All().both(sum)
}

// checkGroups refuses unknown groups, and returns the groups sorted.
func (p *people) checkGroups(groups []string) ([]string, error) {
	out := slices.Compact(slices.Sorted(slices.Values(groups)))
	for _, g := range out {
		if _, ok := p.group(g); !ok {
			return nil, invalid("groups", fmt.Sprintf("group %.64q does not exist", g))
		}
	}
	return append([]string{}, out...), nil
}

func (p *people) find(name string) (*person, error) {
	if u := p.Users[name]; u != nil {
		return u, nil
	}
	return nil, notFound("user", name)
}

// administrators returns the number of administrators who can log in.
func (p *people) administrators() (n int) {
	for _, u := range p.Users {
		if !u.Disabled && slices.Contains(u.Groups, Administrators) {
			n++
		}
	}
	return n
}

// people reads the document. If it does not exist yet, it is empty and has revision 0.
func (a *Accounts) people(ctx context.Context) (*people, uint64, error) {
	p := &people{}
	v, err := a.accounts.Get(ctx, peopleKey)
	switch {
	case errors.Is(err, streams.ErrNotFound):
	case err != nil:
		return nil, 0, err
	default:
		if err := json.Unmarshal(v.Data, p); err != nil {
			return nil, 0, fmt.Errorf("read the users: %w", err)
		}
	}
	if p.Users == nil {
		p.Users = map[string]*person{}
	}
	if p.Groups == nil {
		p.Groups = map[string]Rights{}
	}
	return p, v.Revision, nil
}

func (a *Accounts) store(ctx context.Context, p *people, revision uint64) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode the users: %w", err)
	}
	_, err = a.accounts.Update(ctx, peopleKey, data, revision, 0)
	return err
}

// edit changes users and groups, and repeats the change if the document changed in the meantime. It refuses a change that
// leaves no administrator.
func (a *Accounts) edit(ctx context.Context, change func(*people) error) error {
	for range editRetries {
		p, revision, err := a.people(ctx)
		if err != nil {
			return err
		}
		before := p.administrators()
		if err := change(p); err != nil {
			return err
		}
		if before > 0 && p.administrators() == 0 {
			return conflict("at least one user of the group %s must be able to log in", Administrators)
		}
		if err := a.store(ctx, p, revision); !errors.Is(err, streams.ErrChanged) {
			return err
		}
	}
	return conflict("users or groups are changed too often: try again")
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}
