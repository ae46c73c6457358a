package api

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestAttemptsUnderOneID(t *testing.T) {
	i := install(t, options{})
	ctx := streamstest.Context(t)
	first, _ := evidence(t, i.conn)
	later, _ := evidence(t, i.conn)
	attempts, err := i.api.sessions.AttemptsOf(ctx, first)
	if err != nil {
		t.Fatal(err)
	}
	if err := i.api.sessions.AddAttempt(ctx, attempts, later); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []schemas.SessionEventKind{schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_CLOSED} {
		if err := i.conn.PublishSessionEvent(ctx, &schemas.SessionEvent{
			Version: schemas.Version, Session: later, Kind: kind, AtUnixNanos: time.Now().UnixNano(), Label: first,
		}); err != nil {
			t.Fatal(err)
		}
	}
	var shown struct {
		Session, Label string
		Attempts       []string
	}
	i.want("/v1/sessions/"+first, &shown)
	if !slices.Equal(shown.Attempts, []string{later}) || shown.Label != "" {
		t.Errorf("the ID: %+v", shown)
	}
	shown.Attempts = nil
	i.want("/v1/sessions/"+later, &shown)
	if shown.Session != later || shown.Label != first || len(shown.Attempts) > 0 {
		t.Errorf("the attempt: %+v", shown)
	}
	var found struct{ Sessions []struct{ ID, Label string } }
	i.want("/v1/sessions?q="+first, &found)
	if len(found.Sessions) != 2 || found.Sessions[0].ID != later || found.Sessions[0].Label != first || found.Sessions[1].ID != first {
		t.Errorf("found %+v", found)
	}
	if err := i.api.sessions.BeatEdge(ctx, "edge", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if _, err := i.api.sessions.Claim(ctx, later, "edge", time.Minute, nil); err != nil { // a client has it
		t.Fatal(err)
	}
	answer, body := i.do(http.MethodDelete, "/v1/sessions/"+first, nil)
	wantProblem(t, answer, body, http.StatusConflict)
	if err := i.api.sessions.Forget(ctx, later); err != nil {
		t.Fatal(err)
	}
	if answer, body := i.do(http.MethodDelete, "/v1/sessions/"+first, nil); answer.StatusCode != http.StatusNoContent {
		t.Fatalf("%s %s", answer.Status, body)
	}
	for _, id := range []string{first, later} {
		answer, body := i.get("/v1/sessions/" + id)
		wantProblem(t, answer, body, http.StatusGone)
		if erased, err := i.conn.Keys().IsErased(ctx, id); err != nil || !erased {
			t.Errorf("%s is erased: %v, %v", id, erased, err)
		}
	}
}
