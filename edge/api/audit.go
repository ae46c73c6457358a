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

// audited notes in the audit log that the caller did something. action is section.verb; object is what it was done to, an
// id or a name; detail may be "". Neither holds personal data or a secret. What is done stays done if the note fails.
func (a *API) audited(r *http.Request, action, object, detail string) {
	a.audit(r, callerOf(r).Name, action, object, detail)
}

func (a *API) audit(r *http.Request, user, action, object, detail string) {
	ctx := context.WithoutCancel(r.Context()) // a caller who hangs up is noted too
	err := a.auditing.Add(ctx, schemas.AuditEntry{
		At: time.Now().UTC(), User: user, Action: action, Object: object, Detail: detail, Address: clientOf(r).addr.String(),
	})
	if err != nil {
		slog.Error("audit log", "user", user, "action", action, "object", object, "error", err)
	}
}

const (
	auditLimit = 50
	auditMost  = 500
	auditReads = 20 // windows of the log that one request looks through
)

// auditQuery says which entries are wanted.
type auditQuery struct {
	since, until time.Time
	user, action string
	limit        int
	cursor       uint64 // before this sequence; 0 = from the newest on
}

func parseAuditQuery(v url.Values) (q auditQuery, err error) {
	q = auditQuery{user: v.Get("user"), action: v.Get("action"), limit: auditLimit}
	wrong := func(name, want string) error {
		return problem(http.StatusBadRequest, fmt.Sprintf("%s=%.40q is not %s", name, v.Get(name), want))
	}
	for name, t := range map[string]*time.Time{"since": &q.since, "until": &q.until} {
		if text := v.Get(name); text != "" {
			if *t, err = time.Parse(time.RFC3339, text); err != nil {
				return q, wrong(name, "a time such as 2026-01-31T12:00:00Z")
			}
		}
	}
	if text := v.Get("limit"); text != "" {
		if q.limit, err = strconv.Atoi(text); err != nil || q.limit < 1 || q.limit > auditMost {
			return q, wrong("limit", fmt.Sprintf("a number from 1 to %d", auditMost))
		}
	}
	if text := v.Get("cursor"); text != "" {
		if q.cursor, err = strconv.ParseUint(text, 10, 64); err != nil || q.cursor == 0 {
			return q, wrong("cursor", "what an earlier answer called next")
		}
	}
	return q, nil
}

func (q auditQuery) wants(e schemas.AuditEntry) bool {
	return (q.user == "" || e.User == q.user) &&
		(q.action == "" || e.Action == q.action || strings.HasPrefix(e.Action, q.action+".")) &&
		!e.At.Before(q.since) && (q.until.IsZero() || e.At.Before(q.until))
}

// auditLog is who changed what, the newest first. An answer without next is the last; one with few entries need not be.
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
			if e.Message.At.Before(q.since.Add(-time.Minute)) { // the clocks of edges differ a little
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
