package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// auditPage is a page of the audit log.
type auditPage struct {
	Entries []schemas.AuditEntry
	Next    string
}

// audited sends requests that the audit log must record, and some that it must not. It returns the ID of the session that it erased.
func (i *installation) audited() (erased string) {
	i.t.Helper()
	id, _ := evidence(i.t, i.conn)
	boss := i.user("boss")
	boss.wants(204, "DELETE", "/v1/sessions/"+id, "", "X-Forwarded-For", "198.51.100.7")
	boss.wants(201, "POST", "/v1/sessions", "")
	boss.wants(200, "PUT", "/v1/groups/g", `{"rights":["audit:read"]}`)
	(&visitor{installation: i}).wants(401, "POST", "/v1/login", `{"user":"boss","password":"a secret, mistyped"}`)
	(&visitor{installation: i}).wants(401, "POST", "/v1/login", `{"user":"my secret in the wrong place","password":"x"}`)
	boss.wants(403, "PUT", "/v1/groups/g", `{"rights":[]}`, "X-CSRF-Token", "wrong") // nothing was done
	return id
}

func TestAuditLog(t *testing.T) {
	i := install(t, options{Proxies: []string{"127.0.0.1"}})
	id := i.audited()
	var all auditPage
	i.want("/v1/audit", &all)
	var got []string
	for _, e := range all.Entries {
		got = append(got, fmt.Sprintf("%s %s %.8s", e.User, e.Action, e.Object))
		if e.At.IsZero() || e.Address == "" || strings.Contains(fmt.Sprint(e), "secret") {
			t.Errorf("got %+v", e)
		}
	}
	slices.Reverse(got)
	if want := []string{
		"token:admin users.make boss", "boss logins.made boss", "boss users.password boss", "boss sessions.erase " + id[:8], "boss sessions.make", "boss groups.put g",
		" logins.failed boss", " logins.failed ",
	}; len(got) != len(want) {
		t.Errorf("got %q", got)
	} else {
		for n := range want {
			if !strings.HasPrefix(got[n], want[n]) {
				t.Errorf("got %q, want %q", got[n], want[n])
			}
		}
	}
}

func TestAuditLogIsFiltered(t *testing.T) {
	i := install(t, options{Proxies: []string{"127.0.0.1"}})
	id := i.audited()
	from := time.Now().UTC().Add(-time.Hour).Format(time.RFC3339)
	var erased auditPage
	i.want("/v1/audit?user=boss&action=sessions.erase&since="+from, &erased)
	if len(erased.Entries) != 1 || erased.Entries[0].Object != id || erased.Entries[0].Detail != "" || erased.Entries[0].Address != "198.51.100.7" {
		t.Errorf("got %+v", erased)
	}
	i.want("/v1/audit?until="+from, &erased)
	if len(erased.Entries) != 0 || erased.Next != "" {
		t.Errorf("got %+v", erased)
	}
	i.want("/v1/audit?action=sessions", &erased)
	if len(erased.Entries) != 2 {
		t.Errorf("got %+v", erased)
	}
	for _, wrong := range []string{"since=yesterday", "until=1", "limit=0", "limit=501", "limit=x", "cursor=-1", "cursor=0"} {
		answer, body := i.get("/v1/audit?" + wrong)
		wantProblem(t, answer, body, http.StatusBadRequest)
	}
}

func TestAuditLogByPage(t *testing.T) {
	i := install(t, options{Proxies: []string{"127.0.0.1"}})
	i.audited()
	var all auditPage
	i.want("/v1/audit", &all)
	var walked []schemas.AuditEntry
	for cursor := ""; ; {
		var one auditPage
		i.want("/v1/audit?limit=3"+cursor, &one)
		walked = append(walked, one.Entries...)
		if cursor = "&cursor=" + one.Next; one.Next == "" {
			break
		}
		if len(one.Entries) != 3 {
			t.Fatalf("got %+v", one)
		}
	}
	if !slices.Equal(walked, all.Entries) {
		t.Errorf("page by page: %+v", walked)
	}
}
