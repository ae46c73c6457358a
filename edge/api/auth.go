package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/selene-liveness/selene/edge/account"
)

// loginCookie is the cookie of a user who is logged in. Over TLS its name lets browsers take it from this very host alone:
// another one of the domain could plant a log-in of its own else.
func loginCookie(r *http.Request) string {
	if clientOf(r).secure {
		return "__Host-selene_session"
	}
	return "selene_session"
}

// csrfHeader repeats what /v1/me says, which pages of other sites cannot read.
const csrfHeader = "X-CSRF-Token"

type callerKey struct{}

// callerOf is who makes a request to /v1.
func callerOf(r *http.Request) account.Caller {
	c, _ := r.Context().Value(callerKey{}).(account.Caller)
	return c
}

// admit finds out who makes a request and whether he has the right; "" is a route there is not.
func (a *API) admit(r *http.Request, right account.Right) (*http.Request, error) {
	c, err := a.authenticate(r)
	if err != nil {
		return nil, err
	}
	if right != anyone && right != "" {
		if c.MustChange {
			return nil, problem(http.StatusForbidden, "change your password first: POST /v1/me/password")
		}
		if err := c.Needs(right); err != nil {
			return nil, err
		}
	}
	return r.WithContext(context.WithValue(r.Context(), callerKey{}, c)), nil
}

func (a *API) authenticate(r *http.Request) (account.Caller, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		got, want := sha256.Sum256([]byte(header)), sha256.Sum256([]byte("Bearer "+string(a.Admin)))
		if a.Admin != "" && subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
			return account.Admin(), nil
		}
		token, _ := strings.CutPrefix(header, "Bearer ")
		return a.Accounts.ByToken(r.Context(), token)
	}
	cookie, err := r.Cookie(loginCookie(r))
	if err != nil {
		return account.Caller{}, problem(http.StatusUnauthorized, "log in, or send the admin token or an API token: Authorization: Bearer TOKEN")
	}
	if err := sameOrigin(r); err != nil {
		return account.Caller{}, err
	}
	c, err := a.Accounts.ByCookie(r.Context(), cookie.Value)
	if err != nil {
		return account.Caller{}, err
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && subtle.ConstantTimeCompare([]byte(r.Header.Get(csrfHeader)), []byte(c.CSRF)) != 1 {
		return account.Caller{}, problem(http.StatusForbidden, "the header "+csrfHeader+" is not what /v1/me says: a page of another site may have sent this")
	}
	return c, nil
}

var crossOrigin = http.NewCrossOriginProtection()

// sameOrigin refuses what a page of another origin sends, if the browser says so. It does of WebSockets too.
func sameOrigin(r *http.Request) error {
	as := *r
	as.Method = http.MethodPost // no method is taken as harmless
	if err := crossOrigin.Check(&as); err != nil {
		return problem(http.StatusForbidden, "a page of another origin sent this: "+err.Error())
	}
	return nil
}
