package api

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestAnnouncements(t *testing.T) {
	i := install(t, options{})
	ctx := streamstest.Context(t)
	id := uuid.NewString()
	var got struct {
		Announcements []struct {
			Session, Means, Target, Detail string
			Tries                          int
			Delivered                      bool
		}
	}
	i.want("/v1/sessions/"+id+"/announcements", &got)
	if got.Announcements == nil || len(got.Announcements) != 0 {
		t.Errorf("got %+v", got)
	}
	if err := i.conn.PublishVideo(ctx, &schemas.VideoStatus{Version: schemas.Version, Session: id, Status: schemas.VideoSuccess}); err != nil {
		t.Fatal(err)
	}
	for _, a := range []*schemas.Announcement{
		{Means: "url", Target: "https://a/", Tries: 8, Detail: "answered 500"},
		{Means: "redis", Target: "list default at a:1/0", Tries: 1, Delivered: true, Detail: "queued"},
	} {
		a.Version, a.Session = schemas.Version, id
		if _, err := i.conn.PublishMessage(ctx, streams.Subject(streams.KindAnnouncement, id), a, streams.PublishOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	i.want("/v1/sessions/"+id+"/announcements", &got)
	if all := got.Announcements; len(all) != 2 || all[0].Means != "url" || all[0].Tries != 8 || all[0].Delivered || !all[1].Delivered || all[1].Session != id || all[1].Detail != "queued" {
		t.Errorf("got %+v", got)
	}
	answer, body := i.get("/v1/sessions/not-a-uuid/announcements")
	wantProblem(t, answer, body, http.StatusBadRequest)
}
