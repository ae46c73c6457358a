package api

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/links"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// open fetches a link without a token.
func (i *installation) open(link string) (*http.Response, []byte) {
	i.t.Helper()
	return i.get(link, "Authorization", "")
}

func TestSignedLinksOpenVideosUntilTheyExpire(t *testing.T) {
	i := install(t, options{})
	ctx := streamstest.Context(t)
	id, _ := evidence(t, i.conn)
	name := objects.VideoName(id, time.Now(), ".mp4")
	if err := objects.New(i.conn).Put(ctx, name, "video/mp4", strings.NewReader("a video")); err != nil {
		t.Fatal(err)
	}
	if err := i.conn.PublishVideo(ctx, &schemas.VideoStatus{Version: schemas.Version, Session: id, Status: schemas.VideoSuccess, Object: name, MediaType: "video/mp4"}); err != nil {
		t.Fatal(err)
	}
	made := links.New(i.conn, "")
	link := must[string](t)(made.Video(id, time.Hour))
	for range 2 {
		if answer, body := i.open(link); answer.StatusCode != http.StatusOK || string(body) != "a video" {
			t.Fatalf("got %s %s", answer.Status, body)
		}
	}
	_, query, _ := strings.Cut(link, "?")
	old := must[string](t)(made.Video(id, -time.Hour))
	if strings.Contains(old, "?") {
		t.Errorf("a link without time is signed: %s", old)
	}
	other, _ := evidence(t, i.conn)
	for name, path := range map[string]string{
		"another session": "/v1/sessions/" + other + "/video?" + query,
		"another route":   "/v1/sessions/" + id + "/frames/1?" + query,
		"the session":     "/v1/sessions/" + id + "?" + query,
		"not signed":      "/v1/sessions/" + id + "/video",
		"longer":          strings.Replace(link, "expires=", "expires=9", 1),
		"a job":           "/v1/exports/" + id + "/files/1?" + query,
	} {
		answer, body := i.open(path)
		if wantProblem(t, answer, body, http.StatusUnauthorized); answer.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %v", name, answer.Header)
		}
	}
	var log struct{ Entries []schemas.AuditEntry }
	i.want("/v1/audit?action=links", &log)
	if len(log.Entries) != 1 || log.Entries[0].Object != id || log.Entries[0].User != "link" {
		t.Errorf("audit log: %+v", log.Entries)
	}
	if answer, body := i.do(http.MethodDelete, "/v1/sessions/"+id, nil); answer.StatusCode != http.StatusNoContent {
		t.Fatalf("%s %s", answer.Status, body)
	}
	answer, body := i.open(link)
	wantProblem(t, answer, body, http.StatusNotFound)
}

func TestSignedLinksOpenTheFilesOfJobs(t *testing.T) {
	i := install(t, options{})
	i.exporter(i.movies)
	id, _ := evidence(t, i.conn)
	e := i.order("", id)
	streamstest.Eventually(t, func() error {
		now, _, err := i.api.exportStore.Get(t.Context(), e.ID)
		if err == nil && now.Status != schemas.VideoSuccess {
			return errors.New(now.Status)
		}
		e = now
		return err
	})
	link := must[string](t)(links.New(i.conn, "").Export(e.ID, e.Files[0].Name, time.Hour))
	if answer, body := i.open(link); answer.StatusCode != http.StatusOK || string(body) != id {
		t.Fatalf("got %s %s", answer.Status, body)
	}
	var log struct{ Entries []schemas.AuditEntry }
	i.want("/v1/audit?action=links", &log)
	if len(log.Entries) != 1 || log.Entries[0].Object != e.ID || !strings.Contains(log.Entries[0].Detail, id) {
		t.Errorf("audit log: %+v", log.Entries)
	}
}
