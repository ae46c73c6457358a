package account

import (
	"context"
	"errors"
	"time"

	"github.com/selene-liveness/selene/streams"
)

// Accounts manages users, groups, logins and API tokens. They are stored in the broker and read for each request, so that a
// change takes effect at once, at every edge. It is safe for concurrent use.
type Accounts struct {
	accounts *streams.Bucket
	logins   *streams.Bucket
	hasher   *hasher
	now      func() time.Time
}

// New returns the accounts of an installation.
func New(conn *streams.Conn) *Accounts {
	return &Accounts{
		accounts: conn.Bucket(streams.BucketAccounts), logins: conn.Bucket(streams.BucketLogins),
		hasher: newHasher(), now: func() time.Time { return time.Now().UTC() },
	}
}

// FirstUser is the name of the first administrator of an installation.
const FirstUser = "admin"

// First creates the first user and returns a password that the user must change. It returns "" if there are users already. Of
// several edges that start at the same time, one creates the user.
func (a *Accounts) First(ctx context.Context) (password string, err error) {
	_, revision, err := a.people(ctx)
	if err != nil || revision != 0 {
		return "", err
	}
	password = generatePassword()
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

// Caller is the user or the token behind a request.
type Caller struct {
	Name       string   // of a user, or token:ID
	Groups     []string // of a user
	Rights     Rights
	MustChange bool   // the password must be changed before anything else
	CSRF       string // of a login: the value that a page has to repeat; "" for a token

	user  bool
	owner string     // the owner of a token: a user, or AdminToken
	since time.Time  // when that user was created
	epoch string     // person.Tokens of that user
	until *time.Time // when a token expires
}

// AdminToken is the name of a caller with the admin token of the installation.
const AdminToken = "token:admin"

// Admin returns the caller with the admin token of the installation.
func Admin() Caller { return Caller{Name: AdminToken, Rights: All(), owner: AdminToken} }

// Needs returns an error that names the right if the caller does not have it.
func (c Caller) Needs(right Right) error {
	if c.Rights.Have(right) {
		return nil
	}
	return lacks(right, "")
}

// grants returns an error if the caller does not have one of the rights that they would grant, or that the user has whom they would
// change: a caller who can set the password of a user has all rights of that user.
func (c Caller) grants(rights Rights, why string) error {
	if right := c.Rights.Lacks(rights); right != "" {
		return lacks(right, why)
	}
	return nil
}
