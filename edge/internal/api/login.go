package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/selene-liveness/selene/edge/internal/account"
)

const (
	maxAccountBody = 16 << 10
	longestUser    = 65 // bytes: one more than a name can have
)

// readJSON reads a small document: one object with no members other than those of into.
func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	return readJSONOf(w, r, maxAccountBody, into)
}

func readJSONOf(w http.ResponseWriter, r *http.Request, limit int64, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = cmp.Or(err, errors.New("data after the JSON document"))
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) { // its text is about Go types
		err = fmt.Errorf("%s cannot be %s", cmp.Or(wrong.Field, "the document"), wrong.Value)
	}
	return problem(http.StatusUnprocessableEntity, "the body is not the expected JSON: "+err.Error())
}

// logIn exchanges a name and a password for a cookie.
func (a *API) logIn(w http.ResponseWriter, r *http.Request) error {
	if err := sameOrigin(r); err != nil { // otherwise a page could log in its visitor as another user
		return err
	}
	var in struct {
		User     string `json:"user"`
		Password string `json:"password"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	name := strings.ToLower(strings.TrimSpace(in.User))
	name = name[:min(len(name), longestUser)] // no user has a longer one, and it would be kept for a while
	attempt, err := a.logins.try(r, name, a.deviceOf(r, name))
	if err != nil {
		return err
	}
	cookie, c, err := a.Accounts.LogIn(r.Context(), name, in.Password)
	if errors.Is(err, account.ErrUnauthenticated) {
		a.audit(r, "", "logins.failed", a.knownUser(r, name), "")
	}
	if errors.Is(err, account.ErrBusy) { // not tried
		a.logins.tries.undo(attempt)
	}
	if err != nil {
		return err
	}
	a.logins.tries.forget(attempt)
	a.audit(r, c.Name, "logins.made", c.Name, "")
	setCookie(w, r, cookie, 0) // until the browser is closed or the login ends
	a.markDevice(w, r, c.Name)
	return writeJSON(w, struct {
		User       string `json:"user"`
		CSRF       string `json:"csrf"`
		MustChange bool   `json:"must_change_password"`
	}{c.Name, c.CSRF, c.MustChange})
}

// knownUser returns the name if such a user exists, otherwise "": it may be a password in the wrong field.
func (a *API) knownUser(r *http.Request, name string) string {
	users, err := a.Accounts.Users(r.Context())
	if err != nil {
		return ""
	}
	for _, u := range users {
		if u.Name == name {
			return name
		}
	}
	return ""
}

func setCookie(w http.ResponseWriter, r *http.Request, value string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure is set where the client speaks TLS
		Name: loginCookie(
			r,
		),
		Value:    value,
		Path:     "/",
		MaxAge:   age,
		HttpOnly: true,
		Secure:   clientOf(r).secure,
		SameSite: http.SameSiteStrictMode,
	})
}

// logOut ends the login of the caller.
func (a *API) logOut(w http.ResponseWriter, r *http.Request) error {
	if callerOf(r).CSRF == "" {
		return problem(http.StatusConflict, "a caller with a token has no login to end")
	}
	cookie, err := r.Cookie(loginCookie(r))
	if err != nil {
		return err
	}
	if err := a.Accounts.LogOut(r.Context(), cookie.Value); err != nil {
		return err
	}
	a.audited(r, "logins.ended", callerOf(r).Name, "")
	setCookie(w, r, "", -1)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// me answers with the caller and their rights.
func (a *API) me(w http.ResponseWriter, r *http.Request) error {
	c := callerOf(r)
	return writeJSON(w, struct {
		Name       string         `json:"name"`
		Rights     account.Rights `json:"rights"`
		Groups     []string       `json:"groups"`
		CSRF       string         `json:"csrf"`
		MustChange bool           `json:"must_change_password"`
	}{c.Name, c.Rights, append([]string{}, c.Groups...), c.CSRF, c.MustChange})
}

// changePassword changes the caller's own password.
func (a *API) changePassword(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Old string `json:"old"`
		New string `json:"new"`

		Keep bool `json:"keep_tokens"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	c := callerOf(r)
	if c.CSRF == "" {
		return problem(http.StatusConflict, "a caller with a token has no password")
	}
	cookie, err := r.Cookie(loginCookie(r))
	if err != nil {
		return err
	}
	attempt, err := a.logins.try(r, c.Name, ownLogin)
	if err != nil {
		return err
	}
	if err := a.Accounts.ChangePassword(r.Context(), c, cookie.Value, in.Old, in.New, account.Tokens(in.Keep)); err != nil {
		return err
	}
	a.logins.tries.forget(attempt)
	a.audited(r, "users.password", c.Name, "their own"+tokensDetail(account.Tokens(in.Keep)))
	w.WriteHeader(http.StatusNoContent)
	return nil
}
