package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
)

type shownRevision struct {
	Revision uint64
	At       time.Time
	By, Note string
	Variant  string
	Changed  []schemas.SettingsChange
	Settings schemas.Settings
	Document schemas.Settings
}

// put stores settings and returns the revision.
func (i *installation) put(path, document string, headers ...string) (r shownRevision) {
	i.t.Helper()
	answer, body := i.do(http.MethodPut, path, []byte(document), headers...)
	if answer.StatusCode != http.StatusOK {
		i.t.Fatalf("PUT %s: %s %s", path, answer.Status, body)
	}
	if err := json.Unmarshal(body, &r); err != nil {
		i.t.Fatal(err)
	}
	if tag := answer.Header.Get("ETag"); tag != fmt.Sprintf(`"%d"`, r.Revision) {
		i.t.Errorf("revision %d has the ETag %s", r.Revision, tag)
	}
	return r
}

func TestSettingsRevisions(t *testing.T) {
	i := install(t, options{})
	var first shownRevision
	i.want("/v1/settings", &first)
	second := i.put("/v1/settings?note=fewer%20%D0%BF%D0%BE%D0%BF%D1%8B%D1%82%D0%BA%D0%B8", `{"session":{"max_attempts":7},"video_redis":{"password":"hunter2"}}`)
	third := i.put("/v1/settings", `{"session":{"max_attempts":8},"video_redis":{"password":"********"}}`, "If-Match", fmt.Sprintf(`"%d"`, second.Revision))
	if third.Settings.VideoRedis.Password != schemas.Masked || third.By == "" || second.Note != "fewer попытки" {
		t.Errorf("got %+v", third)
	}
	stored := must[*settings.Revision](t)(settings.New(i.conn).Newest(streamstest.Context(t), ""))
	if stored.Settings.VideoRedis.Password != "hunter2" {
		t.Errorf("the stored password became %q", stored.Settings.VideoRedis.Password)
	}
	answer, body := i.do(http.MethodPut, "/v1/settings", []byte(`{}`), "If-Match", fmt.Sprintf(`"%d"`, second.Revision))
	wantProblem(t, answer, body, http.StatusConflict)
	answer, body = i.do(http.MethodPut, "/v1/settings", []byte(`{}`), "If-Match", "x")
	wantProblem(t, answer, body, http.StatusBadRequest)
	answer, body = i.do(http.MethodPut, "/v1/settings", []byte(`{"video_redis":{"sentinel":{"password":"********"}}}`))
	if p := wantProblem(t, answer, body, http.StatusUnprocessableEntity); p.Setting != "video_redis.sentinel.password" {
		t.Errorf("got %+v", p)
	}
	answer, body = i.do(http.MethodPut, "/v1/settings?note="+strings.Repeat("x", 501), []byte(`{}`))
	wantProblem(t, answer, body, http.StatusUnprocessableEntity)

	var list struct{ Revisions []shownRevision }
	i.want("/v1/settings/revisions", &list)
	if len(list.Revisions) != 3 || list.Revisions[0].Revision != third.Revision || list.Revisions[1].Note != second.Note || list.Revisions[2].Changed == nil {
		t.Fatalf("got %+v", list)
	}
	if c := list.Revisions[0].Changed; len(c) != 1 || c[0].Path != "session.max_attempts" || c[0].From != 7.0 || c[0].To != 8.0 {
		t.Errorf("got %+v", c)
	}
	at := fmt.Sprintf("/v1/settings/revisions/%d", second.Revision)
	var one shownRevision
	i.want(at, &one)
	if one.Document.Session.MaxAttempts != 7 || one.Document.VideoRedis.Password != schemas.Masked || one.At.IsZero() {
		t.Errorf("got %+v", one)
	}
	answer, body = i.do(http.MethodPost, at+"/restore", nil)
	if answer.StatusCode != http.StatusOK || strings.Contains(string(body), "hunter2") {
		t.Errorf("%s %s", answer.Status, body)
	}
	stored = must[*settings.Revision](t)(settings.New(i.conn).Newest(streamstest.Context(t), ""))
	if stored.Settings.Session.MaxAttempts != 7 || stored.Settings.VideoRedis.Password != "hunter2" || !strings.Contains(stored.Note, "restored") {
		t.Errorf("got %+v", stored)
	}
	for path, status := range map[string]int{
		"/v1/settings/revisions/999": http.StatusNotFound, "/v1/settings/revisions/0": http.StatusBadRequest, "/v1/settings/revisions/x": http.StatusBadRequest,
		"/v1/settings/revisions?variant=nobody": http.StatusNotFound, "/v1/settings?variant=nobody": http.StatusNotFound, "/v1/settings?variant=a.b": http.StatusUnprocessableEntity,
	} {
		answer, body := i.get(path)
		wantProblem(t, answer, body, status)
	}
	for _, path := range []string{"/v1/settings", "/v1/settings/revisions", "/v1/settings/variants", at} {
		if _, body := i.get(path); strings.Contains(string(body), "hunter2") {
			t.Errorf("%s tells the password", path)
		}
	}
	answer, body = i.get("/v1/settings/schema")
	var schema struct{ Properties map[string]any }
	if err := json.Unmarshal(body, &schema); err != nil || len(schema.Properties) < 8 || answer.Header.Get("Content-Type") != "application/schema+json" {
		t.Errorf("%v: %s", err, body)
	}
}

func TestSettingsVariantsOverREST(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	i := attach(t, conn, options{})
	kiosk := i.put("/v1/settings?variant=kiosk", `{"session":{"max_attempts":3}}`)
	i.put("/v1/settings?variant=mobile", `{"session":{"max_attempts":4}}`)
	var list struct {
		Variants []struct {
			Tag      string
			Revision uint64
		}
	}
	i.want("/v1/settings/variants", &list)
	if len(list.Variants) != 3 || list.Variants[0].Tag != "" || list.Variants[1].Tag != "kiosk" || list.Variants[1].Revision != kiosk.Revision {
		t.Errorf("got %+v", list)
	}
	session := i.make([]byte(`{"settings_variant":"mobile"}`), "application/json")
	if ticket := must[*sessions.Ticket](t)(sessions.New(conn).TicketOf(streamstest.Context(t), session.Session)); ticket.Variant != "mobile" {
		t.Errorf("got %+v", ticket)
	}
	body, contentType := form(t, "settings_variant", "kiosk")
	i.make(body, contentType)
	for _, variant := range []string{"nobody", "a.b"} {
		answer, text := i.do(http.MethodPost, "/v1/sessions", []byte(`{"settings_variant":"`+variant+`"}`), "Content-Type", "application/json")
		wantProblem(t, answer, text, http.StatusUnprocessableEntity)
	}
	if answer, text := i.do(http.MethodDelete, "/v1/settings/variants/mobile", nil); answer.StatusCode != http.StatusNoContent {
		t.Errorf("%s %s", answer.Status, text)
	}
	answer, text := i.do(http.MethodDelete, "/v1/settings/variants/mobile", nil)
	wantProblem(t, answer, text, http.StatusNotFound)
	i.want(fmt.Sprintf("/v1/settings/revisions/%d", kiosk.Revision), &kiosk)
	if kiosk.Variant != "kiosk" || kiosk.Document.Session.MaxAttempts != 3 {
		t.Errorf("got %+v", kiosk)
	}
}
