package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/selene-liveness/selene/edge/internal/account"
)

// loginCookie is the cookie of a login. Over TLS its name binds it to this host: otherwise another host of the domain could set
// the cookie of its login.
func loginCookie(r *http.Request) string {
	if clientOf(r).secure {
		return "__Host-selene_session"
	}
	return "selene_session"
}

// csrfHeader repeats csrf of /v1/me, which pages of other sites cannot read.
const csrfHeader = "X-CSRF-Token"

type callerKey struct{}

// callerOf returns the caller of a request to /v1.
func callerOf(r *http.Request) account.Caller {
	c, _ := r.Context().Value(callerKey{}).(account.Caller)
	return c
}

// admit returns the request with its caller, if they have the right. "" is an unknown route.
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
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") { // schemes have no case: RFC 9110, 11.1
			token = ""
		}
		token = strings.TrimLeft(token, " ")
		got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(a.Admin))
		if a.Admin != "" && subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
			return account.Admin(), nil
		}
		return a.Accounts.ByToken(r.Context(), token)
	}
	cookie, err := r.Cookie(loginCookie(r))
	if err != nil {
		return account.Caller{}, problem(
			http.StatusUnauthorized,
			"log in, or send the admin token or an API token: Authorization: Bearer TOKEN",
		)
	}
	if err := sameOrigin(r); err != nil {
		return account.Caller{}, err
	}
	c, err := a.Accounts.ByCookie(r.Context(), cookie.Value)
	if err != nil {
		return account.Caller{}, err
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead &&
		subtle.ConstantTimeCompare([]byte(r.Header.Get(csrfHeader)), []byte(c.CSRF)) != 1 {
		return account.Caller{}, problem(http.StatusForbidden, "the header "+csrfHeader+" must repeat csrf of /v1/me")
	}
	return c, nil
}

var crossOrigin = http.NewCrossOriginProtection()

// sameOrigin refuses a request that the browser marks as coming from a page of another origin, including WebSockets.
func sameOrigin(r *http.Request) error {
	as := *r
	as.Method = http.MethodPost // check every method
	if err := crossOrigin.Check(&as); err != nil {
		return problem(http.StatusForbidden, "the request comes from a page of another origin: "+err.Error())
	}
	return nil
}
