package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/selene-liveness/selene/edge/internal/account"
)

func (a *API) tokens(w http.ResponseWriter, r *http.Request) error {
	tokens, err := a.Accounts.Tokens(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, map[string][]account.Token{"tokens": tokens})
}

// makeToken creates an API token. Only this answer contains its text.
func (a *API) makeToken(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Name    string         `json:"name"`
		Scopes  account.Rights `json:"scopes"`
		Expires *time.Time     `json:"expires"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	made, secret, err := a.Accounts.MakeToken(r.Context(), callerOf(r), in.Name, in.Scopes, in.Expires)
	if err != nil {
		return err
	}
	a.audited(r, "tokens.make", made.ID, fmt.Sprintf("%s; scopes: %v", made.Name, made.Scopes))
	w.Header().Set("Location", "tokens/"+made.ID)
	return writeCreated(w, struct {
		account.Token
		Secret string `json:"token"`
	}{made, secret})
}

func (a *API) deleteToken(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := a.Accounts.DeleteToken(r.Context(), callerOf(r), id); err != nil {
		return err
	}
	a.audited(r, "tokens.delete", id, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
