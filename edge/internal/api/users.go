package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/selene-liveness/selene/edge/internal/account"
)

func (a *API) users(w http.ResponseWriter, r *http.Request) error {
	users, err := a.Accounts.Users(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, map[string][]account.User{"users": users})
}

// makeUser creates a user, and generates a password if none is given.
func (a *API) makeUser(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Name     string   `json:"name"`
		Groups   []string `json:"groups"`
		Password string   `json:"password"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	user, password, err := a.Accounts.MakeUser(r.Context(), callerOf(r), in.Name, in.Groups, in.Password)
	if err != nil {
		return err
	}
	a.audited(r, "users.make", user.Name, groupsDetail(user))
	out := struct {
		account.User
		Password string `json:"password,omitempty"` // if it was generated
	}{User: user}
	if in.Password == "" {
		out.Password = password
	}
	w.Header().Set("Location", "users/"+user.Name)
	return writeCreated(w, out)
}

func groupsDetail(u account.User) string {
	detail := "groups: " + strings.Join(u.Groups, ", ")
	if u.Disabled {
		detail += "; disabled"
	}
	return detail
}

// tokensDetail describes what happened to the tokens of a user.
func tokensDetail(tokens account.Tokens) string {
	if tokens == account.KeepTokens {
		return "; their tokens were kept"
	}
	return "; their tokens ended"
}

// setUser changes the groups of a user, and disables or enables them.
func (a *API) setUser(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Groups   *[]string `json:"groups"`
		Disabled *bool     `json:"disabled"`
		Keep     bool      `json:"keep_tokens"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if in.Groups == nil || in.Disabled == nil {
		return problem(http.StatusUnprocessableEntity, "groups and disabled are both required")
	}
	user, err := a.Accounts.SetUser(r.Context(), callerOf(r), r.PathValue("name"), *in.Groups, *in.Disabled, account.Tokens(in.Keep))
	if err != nil {
		return err
	}
	detail := groupsDetail(user)
	if user.Disabled {
		detail += tokensDetail(account.Tokens(in.Keep))
	}
	a.audited(r, "users.set", user.Name, detail)
	return writeJSON(w, user)
}

// resetPassword generates a new password for another user.
func (a *API) resetPassword(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Keep bool `json:"keep_tokens"`
	}
	if r.ContentLength != 0 { // the body may be left out
		if err := readJSON(w, r, &in); err != nil {
			return err
		}
	}
	name := r.PathValue("name")
	password, err := a.Accounts.ResetPassword(r.Context(), callerOf(r), name, account.Tokens(in.Keep))
	if err != nil {
		return err
	}
	a.audited(r, "users.password", name, "a new one was generated"+tokensDetail(account.Tokens(in.Keep)))
	return writeJSON(w, map[string]string{"password": password})
}

func (a *API) deleteUser(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := a.Accounts.DeleteUser(r.Context(), callerOf(r), name); err != nil {
		return err
	}
	a.audited(r, "users.delete", name, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *API) groups(w http.ResponseWriter, r *http.Request) error {
	groups, err := a.Accounts.Groups(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, map[string][]account.Group{"groups": groups})
}

func (a *API) putGroup(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Rights *account.Rights `json:"rights"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if in.Rights == nil {
		return problem(http.StatusUnprocessableEntity, "rights is required; [] means none")
	}
	group, err := a.Accounts.PutGroup(r.Context(), callerOf(r), r.PathValue("name"), *in.Rights)
	if err != nil {
		return err
	}
	a.audited(r, "groups.put", group.Name, fmt.Sprintf("rights: %v", group.Rights))
	return writeJSON(w, group)
}

func (a *API) deleteGroup(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := a.Accounts.DeleteGroup(r.Context(), callerOf(r), name); err != nil {
		return err
	}
	a.audited(r, "groups.delete", name, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
