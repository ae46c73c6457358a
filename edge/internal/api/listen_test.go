package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/internal/account"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/streams/webhook"
)

// heard is an event as a client receives it.
type heard struct {
	ID, Kind, Cursor, Session, Outcome, Event, Status string
	Sequence, Frame                                   uint64
	At                                                time.Time
	Codes                                             []int32
	Similarity, Liveness                              *float64
}

type listener struct {
	t  *testing.T
	ws *websocket.Conn
}

func (i *installation) listen(query string, headers ...string) *listener {
	i.t.Helper()
	l, answer, err := i.tryListen(query, headers...)
	if err != nil {
		i.t.Fatal(err, answer)
	}
	return l
}

func (i *installation) tryListen(query string, headers ...string) (*listener, *http.Response, error) {
	header := http.Header{}
	for n := 0; n+1 < len(headers); n += 2 {
		header.Set(headers[n], headers[n+1])
	}
	if len(headers) == 0 {
		header.Set("Authorization", "Bearer "+adminToken)
	}
	ws, answer, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(i.url, "http")+"/v1/events"+query, header)
	if err != nil {
		return nil, answer, err
	}
	i.t.Cleanup(func() { ws.Close() })
	return &listener{i.t, ws}, answer, nil
}

func (l *listener) next() (e heard) {
	l.t.Helper()
	if err := l.ws.SetReadDeadline(time.Now().Add(streamstest.Timeout)); err != nil {
		l.t.Fatal(err)
	}
	if err := l.ws.ReadJSON(&e); err != nil {
		l.t.Fatal(err)
	}
	return e
}

func (i *installation) decide(d *schemas.Decision) {
	i.t.Helper()
	d.Version, d.Name = schemas.Version, &schemas.FrameName{Session: uuid.NewString(), Sequence: 1}
	d.Frame = 1
	must[uint64](i.t)(i.conn.PublishDecision(streamstest.Context(i.t), d, 0))
}

func TestEvents(t *testing.T) {
	i := install(t, options{})
	before, _ := evidence(t, i.conn)
	l := i.listen("")
	ready := l.next()
	if ready.Kind != "ready" || ready.Cursor != "3-2-0" {
		t.Fatalf("got %+v", ready)
	}
	id, _ := evidence(t, i.conn)
	var decisions, steps []string
	for len(decisions) < 3 || len(steps) < 2 {
		e := l.next()
		if e.Session != id || e.ID != fmt.Sprintf("%s-%d", e.Kind, e.Sequence) || e.At.IsZero() {
			t.Fatalf("got %+v", e)
		}
		switch e.Kind {
		case "decision":
			decisions = append(decisions, fmt.Sprint(e.Sequence, e.Outcome, e.Frame, e.Codes))
		case "session":
			steps = append(steps, fmt.Sprint(e.Sequence, e.Event, e.Outcome))
		}
	}
	if got := fmt.Sprint(decisions, steps); got != "[4open1 [] 5open2 [] 6success3 []] [3opened 4closedsuccess]" {
		t.Errorf("got %s", got)
	}
	// A client that reconnects misses no event, and receives none twice.
	again := i.listen("?since=" + ready.Cursor)
	again.next()
	count := map[string]int{}
	for range 5 {
		count[again.next().ID]++
	}
	if len(count) != 5 || count["decision-4"] != 1 || count["session-4"] != 1 {
		t.Errorf("got %v", count)
	}
	all := i.listen("?since=0-0-0&sessions=" + before)
	all.next()
	for range 5 {
		if e := all.next(); e.Session != before {
			t.Errorf("got %+v", e)
		}
	}
	if e := i.listen("?kinds=decision&since=5"); e.next().Cursor != "5-0-0" || e.next().ID != "decision-6" {
		t.Error("a follower did not continue at its sequence")
	}
}

func TestEventFilters(t *testing.T) {
	i := install(t, options{})
	number := func(v float64) *float64 { return &v }
	i.decide(&schemas.Decision{Errors: []int32{8, 32}, Estimations: &schemas.Estimations{Liveness: number(.2), PreviousFaceSimilarity: number(.9)}})
	i.decide(&schemas.Decision{Outcome: schemas.Outcome_OUTCOME_FAKE, Estimations: &schemas.Estimations{Liveness: number(.7), PreviousFaceSimilarity: number(.9), Verification: &schemas.Verification{Similarity: .1}}})
	i.decide(&schemas.Decision{Outcome: schemas.Outcome_OUTCOME_PASSED, Errors: []int32{7}})
	evidence(t, i.conn)
	imported := &schemas.Decision{Version: schemas.Version, Name: &schemas.FrameName{Session: uuid.NewString()}, Outcome: schemas.Outcome_OUTCOME_PASSED}
	if err := sessions.New(i.conn).StoreImported(t.Context(), imported); err != nil {
		t.Fatal(err)
	}
	i.decide(&schemas.Decision{Outcome: schemas.Outcome_OUTCOME_PASSED})
	for query, want := range map[string][]string{
		"kinds=decision&outcomes=success":    {"decision-3", "decision-6", "decision-8"},
		"kinds=session&outcomes=success":     {"session-2"},
		"outcomes=fail":                      {"decision-2"},
		"outcomes=fake,open":                 {"decision-1", "decision-2", "decision-4", "decision-5"},
		"codes=32,7":                         {"decision-1", "decision-3"},
		"codes=8&outcomes=open":              {"decision-1"},
		"liveness_min=0.5":                   {"decision-2"},
		"liveness_max=0.5":                   {"decision-1"},
		"similarity_min=0.5":                 {"decision-1"},
		"similarity_min=0&similarity_max=.2": {"decision-2"},
		"kinds=session":                      {"session-1", "session-2"},
		"kinds=session,decision&codes=8":     {"decision-1"},
	} {
		l := i.listen("?since=0-0-0&" + query)
		l.next()
		var got []string
		for range want {
			got = append(got, l.next().ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	for _, query := range []string{
		"since=x", "since=1", "since=1-2", "since=-1-0-0", "kinds=frame", "outcomes=OUTCOME_FAKE", "codes=x", "codes=0", "liveness_min=2", "liveness_min=x",
		"similarity_min=.5&similarity_max=.4", "liveness_max=NaN", "sessions=1", "codes=1" + strings.Repeat(",1", 100),
	} {
		answer, body := i.get("/v1/events?" + query)
		wantProblem(t, answer, body, http.StatusBadRequest)
	}
	answer, body := i.get("/v1/events?since=9-0-0")
	wantProblem(t, answer, body, http.StatusConflict)
	answer, body = i.get("/v1/events")
	wantProblem(t, answer, body, http.StatusBadRequest) // no WebSocket
}

func TestListeningNeedsARight(t *testing.T) {
	i := install(t, options{})
	var made struct{ ID, Token string }
	token := func(scope account.Right) string {
		answer, body := i.do(http.MethodPost, "/v1/tokens", []byte(`{"name":"t","scopes":["`+string(scope)+`"]}`), "Content-Type", "application/json")
		if err := json.Unmarshal(body, &made); err != nil || answer.StatusCode != http.StatusCreated {
			t.Fatal(answer.Status, string(body))
		}
		return "Bearer " + made.Token
	}
	i.listen("", "Authorization", token(account.EventsRead)).next()
	for status, headers := range map[int][]string{
		http.StatusForbidden:    {"Authorization", token(account.StatsRead)},
		http.StatusUnauthorized: {"Authorization", "Bearer x"},
	} {
		if _, answer, err := i.tryListen("", headers...); err == nil || answer.StatusCode != status {
			t.Errorf("%v: got %v, %v", headers, answer, err)
		}
	}
	cookie := i.cookie()
	i.listen("", "Cookie", cookie).next()
	i.listen("", "Cookie", cookie, "Origin", i.url).next()
	if _, answer, err := i.tryListen("", "Cookie", cookie, "Origin", "https://elsewhere.example"); err == nil || answer.StatusCode != http.StatusForbidden {
		t.Errorf("a page of another site listens with its visitor's cookie: %v", answer)
	}
}

// cookie logs the first user in.
func (i *installation) cookie() string {
	i.t.Helper()
	ctx := streamstest.Context(i.t)
	first := must[string](i.t)(i.api.Accounts.First(ctx))
	logIn := func(password string) (string, string) {
		body, err := json.Marshal(map[string]string{"user": account.FirstUser, "password": password})
		if err != nil {
			i.t.Fatal(err)
		}
		answer, text := i.do(http.MethodPost, "/v1/login", body, "Content-Type", "application/json", "Authorization", "")
		var me struct{ CSRF string }
		if err := json.Unmarshal(text, &me); err != nil || len(answer.Cookies()) == 0 {
			i.t.Fatalf("%s %s", answer.Status, text)
		}
		return answer.Cookies()[0].Name + "=" + answer.Cookies()[0].Value, me.CSRF
	}
	cookie, csrf := logIn(first)
	const mine = "correct donkey battery staple"
	body, err := json.Marshal(map[string]string{"old": first, "new": mine})
	if err != nil {
		i.t.Fatal(err)
	}
	answer, text := i.do(http.MethodPost, "/v1/me/password", body, "Content-Type", "application/json", "Authorization", "", "Cookie", cookie, "X-CSRF-Token", csrf)
	if answer.StatusCode != http.StatusNoContent {
		i.t.Fatalf("%s %s", answer.Status, text)
	}
	return cookie
}

// An edge that shuts down closes its listeners, so that they reconnect to another one.
func TestListenersAreClosedWithTheEdge(t *testing.T) {
	i := install(t, options{})
	l := i.listen("")
	l.next()
	i.api.CloseEvents(streamstest.Context(t))
	err := l.ws.ReadJSON(&heard{})
	if !websocket.IsCloseError(err, websocket.CloseGoingAway) || !strings.Contains(err.Error(), "since=0-0-0") {
		t.Errorf("got %v", err)
	}
	if _, answer, err := i.tryListen(""); err == nil || answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %v", answer)
	}
}

// shownWebhook is a webhook as REST shows it.
type shownWebhook struct {
	ID, URL, Secret string
	By              string `json:"created_by"`
	Paused          *bool
	Filter          struct{ Outcomes []string }
}

func (i *installation) postWebhook(document string, headers ...string) (*http.Response, []byte) {
	i.t.Helper()
	return i.do(http.MethodPost, "/v1/webhooks", []byte(document), append([]string{"Content-Type", "application/json"}, headers...)...)
}

// webhook creates a webhook for sessions that were fake.
func (i *installation) webhook(address string) (made shownWebhook) {
	i.t.Helper()
	answer, body := i.postWebhook(`{"url":"` + address + `/x?key=hush","filter":{"outcomes":["fake"]}}`)
	if err := json.Unmarshal(body, &made); err != nil || answer.StatusCode != http.StatusCreated || len(made.Secret) < 20 || answer.Header.Get("Location") != "webhooks/"+made.ID {
		i.t.Fatalf("%s %s", answer.Status, body)
	}
	return made
}

func TestWebhookReceivesEvents(t *testing.T) {
	i := install(t, options{})
	bodies := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- r.URL.RawQuery + r.Header.Get(webhook.HeaderSignature)[:2] + string(body)
	}))
	defer receiver.Close()
	i.webhook(receiver.URL)
	i.decide(&schemas.Decision{Outcome: schemas.Outcome_OUTCOME_PASSED})
	i.decide(&schemas.Decision{Outcome: schemas.Outcome_OUTCOME_FAKE})
	select {
	case got := <-bodies:
		if !strings.HasPrefix(got, `key=husht={"id":"decision-2","kind":"decision"`) {
			t.Errorf("got %s", got)
		}
	case <-time.After(streamstest.Timeout):
		t.Fatal("nothing was posted")
	}
}

func TestWebhooksAreListedWithoutSecrets(t *testing.T) {
	i := install(t, options{})
	made := i.webhook("http://receiver.example")
	answer, body := i.get("/v1/webhooks")
	var list struct{ Webhooks []shownWebhook }
	if err := json.Unmarshal(body, &list); err != nil || answer.StatusCode != http.StatusOK || len(list.Webhooks) != 1 || strings.Contains(string(body), "hush") || strings.Contains(string(body), made.Secret) {
		t.Fatalf("%s %s", answer.Status, body)
	}
	if got := list.Webhooks[0]; got.ID != made.ID || got.URL != "http://receiver.example/x" || got.Paused == nil || *got.Paused || got.Filter.Outcomes[0] != "fake" || got.By == "" {
		t.Errorf("got %s", body)
	}
}

func TestRefusedWebhooks(t *testing.T) {
	i := install(t, options{})
	for _, wrong := range []string{
		`{}`, `{"url":"ftp://a"}`, `{"url":"/x"}`, `{"url":"http://a/` + strings.Repeat("x", 2000) + `"}`, `{"url":"http://a","secret":"short"}`,
		`{"url":"http://a","filter":{"kinds":["frame"]}}`, `{"url":"http://a","filter":{"liveness_min":2}}`, `{"url":"http://a","more":1}`, `no JSON`,
	} {
		answer, body := i.postWebhook(wrong)
		wantProblem(t, answer, body, http.StatusUnprocessableEntity)
	}
	answer, body := i.do(http.MethodPost, "/v1/tokens", []byte(`{"name":"t","scopes":["settings:write"]}`), "Content-Type", "application/json")
	var token struct{ Token string }
	if err := json.Unmarshal(body, &token); err != nil {
		t.Fatal(answer.Status, err)
	}
	answer, body = i.postWebhook(`{"url":"http://a"}`, "Authorization", "Bearer "+token.Token)
	wantProblem(t, answer, body, http.StatusForbidden)
}

func TestWebhookIsResumedAndDeleted(t *testing.T) {
	i := install(t, options{})
	made := i.webhook("http://receiver.example")
	if answer, body := i.do(http.MethodPost, "/v1/webhooks/"+made.ID+"/resume", nil); answer.StatusCode != http.StatusNoContent {
		t.Errorf("%s %s", answer.Status, body)
	}
	if answer, body := i.do(http.MethodDelete, "/v1/webhooks/"+made.ID, nil); answer.StatusCode != http.StatusNoContent {
		t.Errorf("%s %s", answer.Status, body)
	}
	for method, path := range map[string]string{http.MethodDelete: "", http.MethodPost: "/resume"} {
		for _, id := range []string{made.ID, "*", "%3E", "%20"} {
			answer, body := i.do(method, "/v1/webhooks/"+id+path, nil)
			wantProblem(t, answer, body, http.StatusNotFound)
		}
	}
}

// Whoever may create webhooks must not reach what only this machine and its networks can.
func TestPrivateAddressesOfWebhooksAreRefused(t *testing.T) {
	i := install(t, options{})
	for _, address := range []string{"http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://[::1]:8321/", "http://192.168.1.1:80/"} {
		answer, body := i.postWebhook(`{"url":"` + address + `","filter":{}}`)
		wantWrong(t, answer, body, "url")
		answer, body = i.do(http.MethodPost, "/v1/exports", []byte(`{"sessions":["`+uuid.NewString()+`"],"webhook":"`+address+`"}`))
		wantWrong(t, answer, body, "webhook")
	}
}

// wantWrong fails the test unless the answer names the value that is wrong, and the variable that allows it.
func wantWrong(t *testing.T, answer *http.Response, body []byte, path string) {
	t.Helper()
	p := wantProblem(t, answer, body, http.StatusUnprocessableEntity)
	if len(p.Errors) != 1 || p.Errors[0].Path != path || !strings.Contains(p.Errors[0].Detail, "SELENE_WEBHOOKS_ALLOW") {
		t.Errorf("%s", body)
	}
}
