package account

import (
	"context"
	"errors"
	"time"

	"github.com/selene-liveness/selene/streams"
)

// Accounts knows users, groups, log-ins and API tokens. All of it is in the broker, and read anew at each question: what is
// taken away from somebody is gone at once, at every edge. It is safe for concurrent use.
type Accounts struct {
	accounts *streams.Bucket
	logins   *streams.Bucket
	hasher   *hasher
	now      func() time.Time
}

// New prepares accounts on a connection.
func New(conn *streams.Conn) *Accounts {
	return &Accounts{
		accounts: conn.Bucket(streams.BucketAccounts), logins: conn.Bucket(streams.BucketLogins),
		hasher: newHasher(), now: func() time.Time { return time.Now().UTC() },
	}
}

// FirstUser is the administrator an installation begins with.
const FirstUser = "admin"

// First makes the first user, who has to change the password that it returns. It is "" when there are users already; of
// several edges that start at once, one makes the user.
func (a *Accounts) First(ctx context.Context) (password string, err error) {
	_, revision, err := a.people(ctx)
	if err != nil || revision != 0 {
		return "", err
	}
	password = drawPassword()
	phc, err := a.hasher.make(ctx, password)
	if err != nil {
		return "", err
	}
	admin := &person{User: User{Name: FirstUser, Groups: []string{Administrators}, MustChange: true, Created: a.now()}, Password: phc}
	admin.endLogins()
	err = a.store(ctx, &people{Users: map[string]*person{FirstUser: admin}, Groups: map[string]Rights{}}, 0)
	if errors.Is(err, streams.ErrChanged) {
		return "", nil
	}
	return password, err
}

// Caller is who asks for something.
type Caller struct {
	Name       string   // of a user, or token:ID
	Groups     []string // of a user
	Rights     Rights
	MustChange bool   // the password, before anything else
	CSRF       string // of a log-in: what a page has to repeat; "" for a token

	user  bool
	owner string     // who is behind a token: a user, or AdminToken
	since time.Time  // when that user was made
	until *time.Time // when a token expires
}

// AdminToken is the name of whoever has the installation's own token.
const AdminToken = "token:admin"

// Admin is the caller with the installation's own token.
func Admin() Caller { return Caller{Name: AdminToken, Rights: All(), owner: AdminToken} }

// Needs is an error that names the right if the caller lacks it.
func (c Caller) Needs(right Right) error {
	if c.Rights.Have(right) {
		return nil
	}
	return lacks(right, "")
}

// grants is an error if the caller lacks any of the rights that he would give, or that somebody has whom he would change:
// who could set the password of a stronger user would become that user.
func (c Caller) grants(rights Rights, why string) error {
	if right := c.Rights.Lacks(rights); right != "" {
		return lacks(right, why)
	}
	return nil
}
