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

// User is somebody who can log in.
type User struct {
	Name       string     `json:"name"`
	Groups     []string   `json:"groups"`
	Disabled   bool       `json:"disabled"`
	MustChange bool       `json:"must_change_password"` // before anything else
	Created    time.Time  `json:"created"`
	LastLogin  *time.Time `json:"last_login,omitempty"`
}

// Group gives its users rights.
type Group struct {
	Name   string `json:"name"`
	Rights Rights `json:"rights"`
}

// Administrators is the group that has every right, those of later versions too. It is not stored.
const Administrators = "administrators"

// person is a user as stored.
type person struct {
	User
	Password string `json:"password"` // PHC string
	Logins   string `json:"logins"`   // log-ins that carry another word than this are over
}

func (p *person) endLogins() { p.Logins = randomHex(8) }

// people is all users and groups: one document, so that no two changes together can do what none may do alone, such as
// removing the last two administrators.
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
		return invalid(what, "a name has 1 to 64 lower-case letters, digits and ._@+-, and begins with a letter or digit")
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

// rightsOf is what the groups give together.
func (p *people) rightsOf(groups []string) Rights {
	var sum Rights
	for _, g := range groups {
		rights, _ := p.group(g)
		sum = append(sum, rights...)
	}
	return All().both(sum)
}

// checkGroups refuses groups there are not, and returns them sorted.
func (p *people) checkGroups(groups []string) ([]string, error) {
	out := slices.Compact(slices.Sorted(slices.Values(groups)))
	for _, g := range out {
		if _, ok := p.group(g); !ok {
			return nil, invalid("groups", fmt.Sprintf("there is no group %.64q", g))
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

// administrators counts those who could log in.
func (p *people) administrators() (n int) {
	for _, u := range p.Users {
		if !u.Disabled && slices.Contains(u.Groups, Administrators) {
			n++
		}
	}
	return n
}

// people reads the document. Before there is one it has revision 0 and is empty.
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

// edit changes users and groups, again if somebody else did meanwhile. There is an administrator left, or nothing changes.
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
			return conflict("nobody would be left in the group %s who can log in", Administrators)
		}
		if err := a.store(ctx, p, revision); !errors.Is(err, streams.ErrChanged) {
			return err
		}
	}
	return conflict("others change users or groups all the time: try again")
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}
