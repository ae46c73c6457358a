package api

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/sessions"
)

var idPrefix = regexp.MustCompile(`^[0-9a-f-]{1,36}$`)

// maxCode is above every check code.
const maxCode = 9999

// findSessions answers with the sessions that match a query, the most recently opened first. The last page has no next; a page
// with few sessions may have one.
func (a *API) findSessions(w http.ResponseWriter, r *http.Request) error {
	q, err := sessionQuery(r.URL.Query())
	if err != nil {
		return err
	}
	found, next, err := a.sessions.Find(r.Context(), q)
	if err != nil {
		return err
	}
	out := struct {
		Sessions []sessions.Found `json:"sessions"`
		Next     string           `json:"next,omitempty"`
	}{Sessions: found}
	if next != 0 {
		out.Next = strconv.FormatUint(next, 10)
	}
	return writeJSON(w, out)
}

func sessionQuery(v url.Values) (q sessions.Query, err error) {
	wrong := func(name, want string) error {
		return problem(http.StatusBadRequest, fmt.Sprintf("%s=%.40q: must be %s", name, v.Get(name), want))
	}
	for name, t := range map[string]*time.Time{"since": &q.Since, "until": &q.Until} {
		if text := v.Get(name); text != "" {
			if *t, err = time.Parse(time.RFC3339, text); err != nil {
				return q, wrong(name, "a time such as 2026-01-31T12:00:00Z")
			}
		}
	}
	number := func(name string, most uint64) (uint64, error) {
		text := v.Get(name)
		if text == "" {
			return 0, nil
		}
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil || n == 0 || n > most {
			return 0, wrong(name, fmt.Sprintf("a number from 1 to %d", most))
		}
		return n, nil
	}
	code, err := number("code", maxCode)
	if err != nil {
		return q, err
	}
	limit, err := number("limit", sessions.MaxFound)
	if err != nil {
		return q, err
	}
	if q.Before, err = number("cursor", 1<<63); err != nil {
		return q, wrong("cursor", "next of an earlier answer")
	}
	q.Code, q.Limit = int32(code), int(limit) //nolint:gosec // bounded above
	q.Outcome, q.Prefix = v.Get("outcome"), strings.ToLower(v.Get("q"))
	outcomes := append(schemas.OutcomeNames(), sessions.OutcomeFail)
	if q.Outcome != "" && !slices.Contains(outcomes, q.Outcome) {
		return q, wrong("outcome", "one of "+strings.Join(outcomes, ", "))
	}
	if q.Prefix != "" && !idPrefix.MatchString(q.Prefix) {
		return q, wrong("q", "the start of a session ID")
	}
	return q, nil
}
