package announce

import (
	"testing"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestAnnouncements(t *testing.T) {
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	id, other := uuid.NewString(), uuid.NewString()
	means := func(id string) (means []string) {
		t.Helper()
		for a, err := range sessions.New(c).AnnouncementsOf(ctx, id) {
			if err != nil {
				t.Fatal(err)
			}
			means = append(means, a.Message.GetMeans())
		}
		return means
	}
	for _, session := range []string{id, other} {
		if err := c.PublishVideo(ctx, &schemas.VideoStatus{Version: schemas.Version, Session: session, Status: schemas.VideoSuccess}); err != nil {
			t.Fatal(err)
		}
	}
	announce := func(id, means string) {
		t.Helper()
		if err := storeOutcome(ctx, c, &schemas.Announcement{Version: schemas.Version, Session: id, Means: means}); err != nil {
			t.Fatal(err)
		}
	}
	announce(id, "redis")
	announce(other, "url")
	announce(id, "command")
	if got := means(id); len(got) != 2 || got[0] != "redis" || got[1] != "command" {
		t.Errorf("got %v", got)
	}
	erased := &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_ERASED}
	if err := sessions.New(c).Erase(ctx, id, erased); err != nil {
		t.Fatal(err)
	}
	announce(id, "late")
	if got := means(id); len(got) != 0 {
		t.Errorf("an erased session has the announcement %v", got)
	}
	if got := means(other); len(got) != 1 {
		t.Errorf("another session has the announcement %v", got)
	}
}
