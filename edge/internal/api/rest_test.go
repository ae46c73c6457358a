package api

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// The document lists every route, and only those.
func TestOpenAPI(t *testing.T) {
	i := install(t, options{})
	document := must[[]byte](t)(os.ReadFile("openapi.yaml"))
	if _, served := i.get("/openapi.yaml"); !bytes.Equal(served, document) {
		t.Error("another document is served")
	}
	var written, real []string
	path := ""
	for line := range strings.Lines(string(document)) {
		switch text := strings.TrimSpace(line); {
		case strings.HasPrefix(line, "  /"):
			path = strings.TrimSuffix(text, ":")
		case slices.Contains([]string{"    get:", "    put:", "    post:", "    delete:", "    patch:", "    head:"}, strings.TrimRight(line, "\n")):
			written = append(written, strings.ToUpper(strings.TrimSuffix(text, ":"))+" "+path)
		}
	}
	for _, r := range i.api.Routes() {
		real = append(real, r.Method+" "+r.Path)
	}
	slices.Sort(written)
	slices.Sort(real)
	if !slices.Equal(written, real) {
		t.Errorf("in the document:\n%s\nserved:\n%s", strings.Join(written, "\n"), strings.Join(real, "\n"))
	}
}

func TestAdminTokenIsNeeded(t *testing.T) {
	i := install(t, options{})
	for _, route := range i.api.Routes() {
		if route.Path == "/v1/login" {
			continue
		}
		path := strings.NewReplacer("{id}", uuid.NewString(), "{sequence}", "1").Replace(route.Path)
		for _, header := range []string{"", "Bearer ", "Bearer wrong", adminToken, "Bearer " + adminToken + "x"} {
			answer, body := i.do(route.Method, path, nil, "Authorization", header)
			if strings.HasPrefix(path, "/v1/") {
				wantProblem(t, answer, body, http.StatusUnauthorized)
				if answer.Header.Get("WWW-Authenticate") == "" {
					t.Errorf("%s does not name the expected type", path)
				}
			} else if answer.StatusCode == http.StatusUnauthorized {
				t.Errorf("%s %s needs a token", route.Method, path)
			}
		}
	}
	answer, body := i.get("/v1/nothing", "Authorization", "")
	wantProblem(t, answer, body, http.StatusUnauthorized)
}

func TestUnknownRequests(t *testing.T) {
	i := install(t, options{})
	answer, body := i.get("/v1/nothing")
	wantProblem(t, answer, body, http.StatusNotFound)
	answer, body = i.do(http.MethodPatch, "/v1/settings", nil)
	wantProblem(t, answer, body, http.StatusMethodNotAllowed)
	if allow := answer.Header.Get("Allow"); !strings.Contains(allow, "PUT") {
		t.Errorf("allowed is %q", allow)
	}
	answer, body = i.do(http.MethodPost, "/healthz", nil)
	wantProblem(t, answer, body, http.StatusMethodNotAllowed)
	for _, path := range []string{"", "/frames", "/frames/1", "/decisions", "/verdicts", "/video"} {
		answer, body = i.get("/v1/sessions/not-a-uuid" + path)
		wantProblem(t, answer, body, http.StatusBadRequest)
	}
	for _, path := range []string{"", "/frames/1", "/video"} {
		answer, body = i.get("/v1/sessions/" + uuid.NewString() + path)
		wantProblem(t, answer, body, http.StatusNotFound)
	}
	answer, body = i.get("/v1/sessions/" + uuid.NewString() + "/frames/x")
	wantProblem(t, answer, body, http.StatusBadRequest)
}

func TestEvidence(t *testing.T) {
	i := install(t, options{})
	id, images := evidence(t, i.conn)
	evidence(t, i.conn) // of somebody else
	at := "/v1/sessions/" + id

	var session struct {
		Session, Outcome string
		Counts           map[string]int
		Events           []struct{ Kind string }
		LastDecision     struct{ Outcome string } `json:"last_decision"`
	}
	i.want(at, &session)
	if session.Session != id || session.Outcome != "OUTCOME_PASSED" || session.LastDecision.Outcome != "OUTCOME_PASSED" || len(session.Events) != 2 ||
		fmt.Sprint(session.Counts) != "map[attempts:3 frames:3 liveness_attempts:1]" {
		t.Errorf("got %+v", session)
	}

	var frames struct {
		Frames []struct {
			Sequence, Stored, Bytes int
			Received                time.Time
		}
	}
	i.want(at+"/frames", &frames)
	if len(frames.Frames) != 5 || frames.Frames[3].Sequence != 3 || frames.Frames[3].Received.UnixNano() != 3_000_000_369 || frames.Frames[3].Bytes != len("three") {
		t.Errorf("got %+v", frames)
	}
	for n, want := range append(images, "four") {
		answer, body := i.get(fmt.Sprintf("%s/frames/%d", at, n+1))
		if string(body) != want || answer.Header.Get("Content-Type") != "image/jpeg" || answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("frame %d: got %q %v", n+1, body, answer.Header)
		}
	}
	var decisions struct{ Decisions []struct{ Frame string } }
	i.want(at+"/decisions", &decisions)
	var verdicts struct{ Verdicts []struct{ Worker string } }
	i.want(at+"/verdicts", &verdicts)
	if len(decisions.Decisions) != 3 || len(verdicts.Verdicts) != 3 || verdicts.Verdicts[0].Worker != "w" {
		t.Errorf("got %+v and %+v", decisions, verdicts)
	}
	i.want("/v1/sessions/"+uuid.NewString()+"/decisions", &decisions)
	if len(decisions.Decisions) != 0 {
		t.Errorf("got %+v", decisions)
	}
}

func TestMissingVideo(t *testing.T) {
	i := install(t, options{})
	id, _ := evidence(t, i.conn)
	at := "/v1/sessions/" + id + "/video"
	answer, body := i.get(at)
	wantProblem(t, answer, body, http.StatusNotFound)
	if err := i.conn.PublishVideo(streamstest.Context(t), &schemas.VideoStatus{Version: schemas.Version, Session: id, Status: "in_queue"}); err != nil {
		t.Fatal(err)
	}
	answer, body = i.get(at)
	if p := wantProblem(t, answer, body, http.StatusNotFound); p.Video.Status != "in_queue" {
		t.Errorf("got %+v", p)
	}
}

// video stores the video of a session, of several chunks of the object store, and returns its path and its bytes.
func (i *installation) video() (at string, film []byte) {
	i.t.Helper()
	ctx := streamstest.Context(i.t)
	id, _ := evidence(i.t, i.conn)
	film = make([]byte, 700_000)
	rand.Read(film)
	status := &schemas.VideoStatus{Version: schemas.Version, Session: id, Status: "success", Object: objects.VideoName(id, time.Unix(0, 0), ".mp4")}
	if err := objects.New(i.conn).Put(ctx, status.Object, "video/mp4", bytes.NewReader(film)); err != nil {
		i.t.Fatal(err)
	}
	if err := i.conn.PublishVideo(ctx, status); err != nil {
		i.t.Fatal(err)
	}
	return "/v1/sessions/" + id + "/video", film
}

func TestVideo(t *testing.T) {
	i := install(t, options{})
	at, film := i.video()
	answer, body := i.get(at)
	if answer.StatusCode != http.StatusOK || !bytes.Equal(body, film) || answer.Header.Get("Content-Type") != "video/mp4" ||
		answer.Header.Get("Accept-Ranges") != "bytes" || answer.Header.Get("ETag") == "" || !strings.Contains(answer.Header.Get("Content-Disposition"), strings.Split(at, "/")[3]+".mp4") {
		t.Fatalf("got %s %v, %d bytes", answer.Status, answer.Header, len(body))
	}
	if answer, body = i.do(http.MethodHead, at, nil); answer.StatusCode != http.StatusOK || answer.ContentLength != int64(len(film)) || len(body) != 0 {
		t.Errorf("HEAD: got %s, %d bytes", answer.Status, answer.ContentLength)
	}
}

func TestVideoRanges(t *testing.T) {
	i := install(t, options{})
	at, film := i.video()
	for header, want := range map[string][]byte{
		"bytes=0-99":             film[:100],
		"bytes=131070-131080":    film[131070:131081],
		"bytes=600000-":          film[600000:],
		"bytes=-10":              film[len(film)-10:],
		"bytes=699999-800000":    film[699999:],
		"bytes=400000-400000":    film[400000:400001],
		"bytes=300000-500000":    film[300000:500001],
		"bytes=200000-200000   ": film[200000:200001],
	} {
		answer, body := i.get(at, "Range", header)
		if answer.StatusCode != http.StatusPartialContent || !bytes.Equal(body, want) {
			t.Errorf("%s: got %s, %d bytes", header, answer.Status, len(body))
		}
	}
	// Two ranges, the second before the first: the object has to be read again.
	answer, body := i.get(at, "Range", "bytes=500000-500009,10-19")
	if answer.StatusCode != http.StatusPartialContent || !bytes.Contains(body, film[500000:500010]) || !bytes.Contains(body, film[10:20]) {
		t.Errorf("two ranges: got %s, %d bytes", answer.Status, len(body))
	}
}

func TestVideoConditions(t *testing.T) {
	i := install(t, options{})
	at, film := i.video()
	answer, _ := i.get(at)
	tag := answer.Header.Get("ETag")
	for _, c := range []struct {
		header, value string
		status        int
	}{
		{"Range", "bytes=700000-", http.StatusRequestedRangeNotSatisfiable},
		{"If-None-Match", tag, http.StatusNotModified},
	} {
		if answer, _ := i.get(at, c.header, c.value); answer.StatusCode != c.status {
			t.Errorf("%s %s: got %s", c.header, c.value, answer.Status)
		}
	}
	if answer, body := i.get(at, "Range", "bytes=0-9", "If-Range", tag); answer.StatusCode != http.StatusPartialContent || len(body) != 10 {
		t.Errorf("If-Range: got %s", answer.Status)
	}
	if answer, body := i.get(at, "Range", "bytes=0-9", "If-Range", `"another"`); answer.StatusCode != http.StatusOK || len(body) != len(film) {
		t.Errorf("If-Range of another file: got %s", answer.Status)
	}
}

func TestErase(t *testing.T) {
	i := install(t, options{})
	ctx := streamstest.Context(t)
	id, _ := evidence(t, i.conn)
	other, _ := evidence(t, i.conn)
	at := "/v1/sessions/" + id
	for _, session := range []string{id, other} {
		if err := objects.New(i.conn).Put(ctx, objects.VideoName(session, time.Unix(0, 0), ".mp4"), "video/mp4", strings.NewReader("film")); err != nil {
			t.Fatal(err)
		}
		if err := i.conn.PublishVideo(ctx, &schemas.VideoStatus{Version: schemas.Version, Session: session, Status: "success", Object: objects.VideoName(session, time.Unix(0, 0), ".mp4")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := sessions.New(i.conn).BeatEdge(ctx, i.api.Edge, []byte("{}")); err != nil { // of a dead edge, no session is live
		t.Fatal(err)
	}
	presence := must[*sessions.Presence](t)(sessions.New(i.conn).Claim(ctx, id, i.api.Edge, time.Minute, nil))
	answer, body := i.do(http.MethodDelete, at, nil)
	wantProblem(t, answer, body, http.StatusConflict)
	presence.Connected = false
	if err := sessions.New(i.conn).Refresh(ctx, id, presence, time.Minute); err != nil {
		t.Fatal(err)
	}
	if answer, body = i.do(http.MethodDelete, at, nil); answer.StatusCode != http.StatusNoContent || len(body) != 0 {
		t.Fatalf("got %s %s", answer.Status, body)
	}
	for _, path := range []string{"", "/frames/1", "/video"} {
		if answer, _ := i.get(at + path); answer.StatusCode != http.StatusNotFound && answer.StatusCode != http.StatusGone {
			t.Errorf("%s is still there: %s", path, answer.Status)
		}
		if answer, body := i.get("/v1/sessions/" + other + path); answer.StatusCode != http.StatusOK {
			t.Errorf("%s of another session: %s %s", path, answer.Status, body)
		}
	}
	var left struct{ Frames, Decisions, Verdicts []any }
	for _, list := range []string{"/frames", "/decisions", "/verdicts"} {
		i.want(at+list, &left)
	}
	if len(left.Frames)+len(left.Decisions)+len(left.Verdicts) != 0 {
		t.Errorf("left: %+v", left)
	}
	answer, body = i.do(http.MethodDelete, at, nil)
	wantProblem(t, answer, body, http.StatusGone)
	answer, body = i.do(http.MethodDelete, "/v1/sessions/"+uuid.NewString(), nil)
	wantProblem(t, answer, body, http.StatusNotFound)
}

func TestSettings(t *testing.T) {
	i := install(t, options{})
	type revision struct {
		Revision uint64
		Settings schemas.Settings
	}
	var before, after revision
	i.want("/v1/settings", &before)
	for document, path := range map[string]string{
		`{"session":{"max_attempts":0}}`:        "session.max_attempts",
		`{"sessions":{}}`:                       "sessions",
		`{"thresholds":{"yaw":"far"}}`:          "thresholds.yaw",
		`{"workers":[{"name":"Not A Worker"}]}`: "workers.0.name",
		`{`:                                     "",
	} {
		answer, body := i.do(http.MethodPut, "/v1/settings", []byte(document))
		if p := wantProblem(t, answer, body, http.StatusUnprocessableEntity); p.Setting != path || !strings.Contains(p.Detail, path) ||
			len(p.Errors) != 1 || p.Errors[0].Path != path || p.Errors[0].Detail == "" || strings.Contains(p.Errors[0].Detail, "settings: ") {
			t.Errorf("%s: got %+v, want path %q", document, p, path)
		}
	}
	answer, body := i.do(http.MethodPut, "/v1/settings", bytes.Repeat([]byte(" "), 2<<20))
	wantProblem(t, answer, body, http.StatusRequestEntityTooLarge)
	i.want("/v1/settings", &after)
	if after.Revision != before.Revision {
		t.Fatal("an invalid document was stored as a revision")
	}
	if answer, body := i.do(http.MethodPut, "/v1/settings", []byte(`{"session":{"max_attempts":7}}`)); answer.StatusCode != http.StatusOK {
		t.Fatalf("got %s %s", answer.Status, body)
	}
	i.want("/v1/settings", &after)
	if after.Revision == before.Revision || after.Settings.Session.MaxAttempts != 7 {
		t.Fatalf("got %+v", after)
	}
}
