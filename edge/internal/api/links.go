package api

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/selene-liveness/selene/edge/internal/account"
	"github.com/selene-liveness/selene/streams/links"
)

// linked are the routes that a signed link opens.
var linked = map[string]bool{
	"GET /v1/sessions/{id}/video":       true,
	"GET /v1/exports/{id}/files/{file}": true,
}

// linkCaller is the name of a caller with a signed link instead of a login. They have no rights.
const linkCaller = "link"

// admitLink returns the request with linkCaller if its signature is right. Credentials beside a signature are not looked at: a browser
// would add those of whoever is logged in.
func (a *API) admitLink(r *http.Request) (*http.Request, error) {
	err := a.links.Check(r.URL.Path, r.URL.Query(), time.Now())
	switch {
	case errors.Is(err, links.ErrWrong), errors.Is(err, links.ErrExpired):
		return nil, problem(http.StatusUnauthorized, err.Error()+": ask for the file with a token, or for a new link")
	case err != nil:
		return nil, err
	}
	return r.WithContext(context.WithValue(r.Context(), callerKey{}, account.Caller{Name: linkCaller})), nil
}

// usedLinks remembers which links are in the audit log, so that a player that asks for a file part by part is there once.
type usedLinks struct {
	mu   sync.Mutex
	seen map[string]bool // by signature
}

// maxUsedLinks bounds them. Then all are forgotten, and may be in the log twice.
const maxUsedLinks = 10_000

func (u *usedLinks) first(signature string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.seen[signature] {
		return false
	}
	if u.seen == nil || len(u.seen) >= maxUsedLinks {
		u.seen = map[string]bool{}
	}
	u.seen[signature] = true
	return true
}

// auditLink adds the first use of a link to the audit log. object is the session or the export, detail the file.
func (a *API) auditLink(r *http.Request, object, detail string) {
	if callerOf(r).Name == linkCaller && a.used.first(r.URL.Query().Get(links.ParamSignature)) {
		a.audited(r, "links.use", object, detail)
	}
}
