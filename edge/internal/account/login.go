package account

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
)

// How long a login is valid.
const (
	loginTime  = 12 * time.Hour     // without use
	loginLimit = 7 * 24 * time.Hour // in total
	loginBeat  = 5 * time.Minute    // between renewals
	secretSize = 32                 // random bytes of cookies and tokens
)

// login is a login as stored, under the hash of its cookie.
type login struct {
	User   string    `json:"user"`
	Logins string    `json:"logins"` // person.Logins at the time of the login
	Used   time.Time `json:"used"`
	Until  time.Time `json:"until"`
}

func loginKey(cookie string) string { return hex.EncodeToString(sessions.HashSecret(cookie)) }

// csrfOf returns the value that a page has to repeat. It is derived from the cookie, which scripts cannot read, and does not
// reveal it.
func csrfOf(cookie string) string {
	mac := hmac.New(sha256.New, []byte(cookie))
	mac.Write([]byte("csrf"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func randomSecret() string {
	b := make([]byte, secretSize)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

func unauthenticated(text string) error { return &refusal{ErrUnauthenticated, text} }

// LogIn returns the cookie of a new login. The error is ErrUnauthenticated, after the same amount of work, if the user is
// unknown or disabled or the password is wrong, and ErrBusy if too many users log in at the same time.
func (a *Accounts) LogIn(ctx context.Context, name, password string) (cookie string, c Caller, err error) {
	refused := unauthenticated("the user or the password is wrong")
	p, _, err := a.people(ctx)
	if err != nil {
		return "", Caller{}, err
	}
	name = strings.ToLower(strings.TrimSpace(name))
	phc := ""
	if u := p.Users[name]; u != nil && !u.Disabled {
		phc = u.Password
	}
	if len(password) > maxPassword {
		password = ""
	}
	ok, err := a.hasher.check(ctx, password, phc)
	if err != nil {
		return "", Caller{}, err
	}
	if !ok {
		return "", Caller{}, refused
	}
	better := ""
	if h, err := parseHash(phc); err == nil && h.cost != today {
		if better, err = a.hasher.make(ctx, password); err != nil {
			return "", Caller{}, err
		}
	}
	now := a.now()
	var l login
	err = a.edit(ctx, func(p *people) error {
		u := p.Users[name]
		if u == nil || u.Disabled || u.Password != phc { // changed in the meantime
			return refused
		}
		if better != "" {
			u.Password = better
		}
		u.LastLogin = &now
		l = login{User: name, Logins: u.Logins, Used: now, Until: now.Add(loginLimit)}
		c = p.caller(u)
		return nil
	})
	if err != nil {
		return "", Caller{}, err
	}
	cookie = randomSecret()
	c.CSRF = csrfOf(cookie)
	return cookie, c, a.putLogin(ctx, cookie, l, 0)
}

func (p *people) caller(u *person) Caller {
	return Caller{
		Name:       u.Name,
		Groups:     u.Groups,
		Rights:     p.rightsOf(u.Groups),
		MustChange: u.MustChange,
		user:       true,
		owner:      u.Name,
		since:      u.Created,
		epoch:      u.Tokens,
	}
}

func (a *Accounts) putLogin(ctx context.Context, cookie string, l login, revision uint64) error {
	data, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode login: %w", err)
	}
	_, err = a.logins.Update(ctx, loginKey(cookie), data, revision, max(min(loginTime, l.Until.Sub(a.now())), time.Second))
	return err
}

var errLoginEnded = unauthenticated("the login has ended: log in again")

// ByCookie returns the user of a login. The error is ErrUnauthenticated if the login has ended, or the user was disabled,
// removed or got another password.
func (a *Accounts) ByCookie(ctx context.Context, cookie string) (Caller, error) {
	l, revision, err := a.login(ctx, cookie)
	if err != nil {
		return Caller{}, err
	}
	p, _, err := a.people(ctx)
	if err != nil {
		return Caller{}, err
	}
	now := a.now()
	u := p.Users[l.User]
	if u == nil || u.Disabled || u.Logins != l.Logins || now.After(l.Until) || now.After(l.Used.Add(loginTime)) {
		return Caller{}, errLoginEnded
	}
	if now.Sub(l.Used) >= loginBeat {
		l.Used = now
		if err := a.putLogin(ctx, cookie, l, revision); err != nil && !errors.Is(err, streams.ErrChanged) {
			return Caller{}, err
		}
	}
	c := p.caller(u)
	c.CSRF = csrfOf(cookie)
	return c, nil
}

func (a *Accounts) login(ctx context.Context, cookie string) (l login, revision uint64, err error) {
	v, err := a.logins.Get(ctx, loginKey(cookie))
	if errors.Is(err, streams.ErrNotFound) {
		return login{}, 0, errLoginEnded
	}
	if err == nil {
		err = json.Unmarshal(v.Data, &l)
	}
	return l, v.Revision, err
}

// LogOut ends a login.
func (a *Accounts) LogOut(ctx context.Context, cookie string) error {
	return a.logins.Delete(ctx, loginKey(cookie))
}

// ChangePassword changes the caller's own password and ends all other logins of the user, and their tokens unless they are to be kept.
// The error is ErrForbidden if the old password is wrong.
func (a *Accounts) ChangePassword(ctx context.Context, c Caller, cookie, old, password string, tokens Tokens) error {
	if !c.user {
		return &refusal{ErrForbidden, "only users have passwords"}
	}
	wrong := &refusal{ErrForbidden, "the old password is wrong"}
	if err := checkPassword(c.Name, password); err != nil {
		return err
	}
	if password == old {
		return invalid("password", "must differ from the old password")
	}
	p, _, err := a.people(ctx)
	if err != nil {
		return err
	}
	u, err := p.find(c.Name)
	if err != nil {
		return err
	}
	stored := u.Password
	ok, err := a.hasher.check(ctx, old, stored)
	if err != nil {
		return err
	}
	if !ok {
		return wrong
	}
	phc, err := a.hasher.make(ctx, password)
	if err != nil {
		return err
	}
	var now, epoch string
	err = a.edit(ctx, func(p *people) error {
		u, err := p.find(c.Name)
		if err != nil {
			return err
		}
		if u.Password != stored { // changed in the meantime
			return wrong
		}
		u.Password, u.MustChange = phc, false
		u.endLogins()
		now, epoch = u.Logins, ""
		if tokens == EndTokens {
			u.endTokens()
			epoch = u.Tokens
		}
		return nil
	})
	if err == nil && epoch != "" {
		err = a.deleteTokensOf(ctx, c.Name, epoch)
	}
	if err != nil {
		return err
	}
	l, revision, err := a.login(ctx, cookie)
	if err != nil {
		return err
	}
	l.Logins = now
	if err := a.putLogin(ctx, cookie, l, revision); !errors.Is(err, streams.ErrChanged) {
		return err
	}
	return nil // in the worst case the user logs in again
}
