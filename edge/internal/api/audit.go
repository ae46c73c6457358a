package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// audited adds an action of the caller to the audit log. action is section.verb; object is the ID or the name of what was
// changed; detail may be "". None of them contains personal data or a secret. A failure does not undo the action.
func (a *API) audited(r *http.Request, action, object, detail string) {
	a.audit(r, callerOf(r).Name, action, object, detail)
}

func (a *API) audit(r *http.Request, user, action, object, detail string) {
	ctx := context.WithoutCancel(r.Context()) // also if the caller has disconnected
	err := a.auditing.Add(ctx, schemas.AuditEntry{
		At: time.Now().UTC(), User: user, Action: action, Object: object, Detail: detail, Address: clientOf(r).addr.String(),
	})
	if err != nil {
		slog.Error("write audit log", "user", user, "action", action, "object", object, "error", err)
	}
}

const (
	auditLimit    = 50
	auditMaxLimit = 500
	auditReads    = 20 // windows of the log that one request reads
)

// auditQuery selects entries.
type auditQuery struct {
	since, until time.Time
	user, action string
	limit        int
	cursor       uint64 // entries before this sequence; 0 = from the newest
}

func parseAuditQuery(v url.Values) (q auditQuery, err error) {
	q = auditQuery{user: v.Get("user"), action: v.Get("action"), limit: auditLimit}
	wrong := func(name, want string) error {
		return problem(http.StatusBadRequest, fmt.Sprintf("%s=%.40q: must be %s", name, v.Get(name), want))
	}
	for name, t := range map[string]*time.Time{"since": &q.since, "until": &q.until} {
		if text := v.Get(name); text != "" {
			if *t, err = time.Parse(time.RFC3339, text); err != nil {
				return q, wrong(name, "a time such as 2026-01-31T12:00:00Z")
			}
		}
	}
	if text := v.Get("limit"); text != "" {
		if q.limit, err = strconv.Atoi(text); err != nil || q.limit < 1 || q.limit > auditMaxLimit {
			return q, wrong("limit", fmt.Sprintf("a number from 1 to %d", auditMaxLimit))
		}
	}
	if text := v.Get("cursor"); text != "" {
		if q.cursor, err = strconv.ParseUint(text, 10, 64); err != nil || q.cursor == 0 {
			return q, wrong("cursor", "next of an earlier answer")
		}
	}
	return q, nil
}

func (q auditQuery) wants(e schemas.AuditEntry) bool {
	return (q.user == "" || e.User == q.user) &&
		(q.action == "" || e.Action == q.action || strings.HasPrefix(e.Action, q.action+".")) &&
		!e.At.Before(q.since) && (q.until.IsZero() || e.At.Before(q.until))
}

// auditLog answers with entries of the audit log, newest first. The last page has no next; a page with few entries may have one.
func (a *API) auditLog(w http.ResponseWriter, r *http.Request) error {
	q, err := parseAuditQuery(r.URL.Query())
	if err != nil {
		return err
	}
	out := struct {
		Entries []schemas.AuditEntry `json:"entries"`
		Next    string               `json:"next,omitempty"`
	}{Entries: []schemas.AuditEntry{}}
	before := q.cursor
	for range auditReads {
		entries, next, err := a.auditing.Before(r.Context(), before)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.Message.At.Before(q.since.Add(-time.Minute)) { // the clocks of edges may differ
				return writeJSON(w, out)
			}
			if !q.wants(e.Message) {
				continue
			}
			if len(out.Entries) == q.limit {
				out.Next = strconv.FormatUint(before, 10)
				return writeJSON(w, out)
			}
			out.Entries = append(out.Entries, e.Message)
			before = e.Sequence
		}
		if before = next; next == 0 {
			return writeJSON(w, out)
		}
	}
	out.Next = strconv.FormatUint(before, 10)
	return writeJSON(w, out)
}
