package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/exports"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// exporter stands in for a video worker: it calls make for each order until the test ends.
func (i *installation) exporter(make func(ctx context.Context, e *schemas.Export, step func()) error) {
	i.t.Helper()
	streamstest.Go(i.t, func(ctx context.Context) error {
		return i.conn.Consume(ctx, streams.Work{Stream: streams.Exports, Durable: "exporter", Concurrency: 1}, func(ctx context.Context, d *streams.Delivery) error {
			job, err := streams.Decode(d, &schemas.ExportJob{})
			if err != nil {
				return err
			}
			e, revision, err := exports.New(i.conn).Get(ctx, job.GetJob())
			if err != nil {
				return err
			}
			canceled := false
			err = make(ctx, e, func() {
				if revision, err = exports.New(i.conn).Update(ctx, e, revision); errors.Is(err, streams.ErrChanged) {
					canceled = true
				} else if err != nil {
					i.t.Error(err)
				}
			})
			if canceled {
				return nil
			}
			return err
		})
	})
}

// movies creates a file of every session.
func (i *installation) movies(ctx context.Context, e *schemas.Export, step func()) error {
	e.Status = schemas.VideoExporting
	step()
	e.Percent = 50
	step()
	for _, session := range e.Order.Sessions {
		f := schemas.ExportFile{
			Session: session, Object: objects.ExportName(e.ID, session, ".mp4"), MediaType: "video/mp4", Bytes: int64(len(session)),
			Name: e.Order.FileName(session, time.Unix(0, 0), time.Unix(60, 0), ".mp4"),
		}
		if err := objects.New(i.conn).Put(ctx, f.Object, f.MediaType, strings.NewReader(session)); err != nil {
			return err
		}
		e.Files = append(e.Files, f)
	}
	e.Status, e.Percent = schemas.VideoSuccess, 100
	step()
	return nil
}

// order posts one and returns the export.
func (i *installation) order(keys string, sessions ...string) *schemas.Export {
	i.t.Helper()
	list := must[[]byte](i.t)(json.Marshal(sessions))
	answer, body := i.do(http.MethodPost, "/v1/exports", fmt.Appendf(nil, `{"sessions":%s%s}`, list, keys))
	e := &schemas.Export{}
	if err := json.Unmarshal(body, e); err != nil || answer.StatusCode != http.StatusCreated || answer.Header.Get("Location") != "exports/"+e.ID {
		i.t.Fatalf("got %s %v %s", answer.Status, answer.Header, body)
	}
	return e
}

type sentEvent struct {
	name, id string
	export   schemas.Export
}

// events reads an export's events to their end.
func (i *installation) events(id string) (events []sentEvent) {
	i.t.Helper()
	answer, body := i.get("/v1/exports/" + id + "/events")
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		i.t.Fatalf("got %s %s", answer.Status, body)
	}
	var e sentEvent
	for lines := bufio.NewScanner(bytes.NewReader(body)); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch key {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			if err := json.Unmarshal([]byte(value), &e.export); err != nil {
				i.t.Fatal(err)
			}
		case "":
			events = append(events, e)
			e = sentEvent{}
		}
	}
	return events
}

func TestExport(t *testing.T) {
	i := install(t, options{})
	one, _ := evidence(t, i.conn)
	two, _ := evidence(t, i.conn)
	e := i.order(`,"name":"Prüfung {name}","bitrate":1999`, one, two)
	if e.Status != schemas.VideoInQueue || e.Order.Bitrate != 1500 || e.Order.Codec != "H264" {
		t.Errorf("got %+v", e)
	}
	at := "/v1/exports/" + e.ID
	answer, body := i.get(at + "/files/1")
	wantProblem(t, answer, body, http.StatusNotFound)

	i.exporter(i.movies)
	events := i.events(e.ID)
	last := events[len(events)-1]
	if last.name != "status" || last.id != "success-100" || len(last.export.Files) != 2 || last.export.Expires == nil {
		t.Errorf("got %+v", last)
	}
	answer, body = i.get(at+"/events", "Last-Event-ID", last.id)
	if answer.StatusCode != http.StatusNoContent {
		t.Errorf("events again: %s %s", answer.Status, body)
	}
	var now schemas.Export
	i.want(at, &now)
	if now.Status != schemas.VideoSuccess || now.Files[1].Name != "Prüfung "+two+".mp4" {
		t.Errorf("got %+v", now)
	}
	for path, session := range map[string]string{"1": one, "2": two, "Pr%C3%BCfung%20" + two + ".mp4": two} {
		answer, body = i.get(at + "/files/" + path)
		disposition, params, err := mime.ParseMediaType(answer.Header.Get("Content-Disposition"))
		if answer.StatusCode != http.StatusOK || string(body) != session || answer.Header.Get("Content-Type") != "video/mp4" ||
			err != nil || disposition != "attachment" || params["filename"] != "Prüfung "+session+".mp4" {
			t.Errorf("%s: got %s %v %s", path, answer.Status, answer.Header, body)
		}
	}
	if answer, body = i.get(at+"/files/1", "Range", "bytes=1-3"); answer.StatusCode != http.StatusPartialContent || string(body) != one[1:4] {
		t.Errorf("got %s %s", answer.Status, body)
	}
	for _, path := range []string{"0", "3", "-1", "x", "Pr%C3%BCfung"} {
		answer, body = i.get(at + "/files/" + path)
		wantProblem(t, answer, body, http.StatusNotFound)
	}
	var list struct{ Exports []schemas.Export }
	newer := i.order("", one)
	i.want("/v1/exports", &list)
	if len(list.Exports) != 2 || list.Exports[0].ID != newer.ID || list.Exports[1].ID != e.ID {
		t.Errorf("got %+v", list)
	}
	if answer, body = i.do(http.MethodDelete, at, nil); answer.StatusCode != http.StatusNoContent {
		t.Errorf("got %s %s", answer.Status, body)
	}
	if _, err := objects.New(i.conn).Open(streamstest.Context(t), now.Files[0].Object); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("its file: %v", err)
	}
	for _, path := range []string{"", "/events", "/files/1"} {
		answer, body = i.get(at + path)
		wantProblem(t, answer, body, http.StatusNotFound)
	}
}

func TestExportHidesSecretsOfItsWebhook(t *testing.T) {
	i := install(t, options{})
	id, _ := evidence(t, i.conn)
	e := i.order(`,"webhook":"http://user:hush@127.0.0.1:1/x?token=hush"`, id)
	at := "/v1/exports/" + e.ID
	if e.Order.Webhook != "http://127.0.0.1:1/x" {
		t.Errorf("got %s", e.Order.Webhook)
	}
	for _, path := range []string{"/v1/exports", at} {
		if answer, body := i.get(path); answer.StatusCode != http.StatusOK || strings.Contains(string(body), "hush") {
			t.Errorf("%s: %s %s", path, answer.Status, body)
		}
	}
	if answer, body := i.do(http.MethodDelete, at, nil); answer.StatusCode != http.StatusOK || strings.Contains(string(body), "hush") {
		t.Errorf("%s %s", answer.Status, body)
	}
	for _, event := range i.events(e.ID) {
		if event.export.Order.Webhook != e.Order.Webhook {
			t.Errorf("got %s", event.export.Order.Webhook)
		}
	}
	if stored, _, err := exports.New(i.conn).Get(t.Context(), e.ID); err != nil || !strings.Contains(stored.Order.Webhook, "hush") {
		t.Errorf("the stored webhook is incomplete: %+v, %v", stored, err)
	}
}

func TestExportIsCanceled(t *testing.T) {
	i := install(t, options{})
	session, _ := evidence(t, i.conn)
	begun, gone := make(chan string), make(chan error, 1)
	i.exporter(func(ctx context.Context, e *schemas.Export, step func()) error {
		e.Status = schemas.VideoExporting
		step()
		begun <- e.ID
		for e, err := range exports.New(i.conn).Watch(ctx, e.ID) {
			if err != nil || e.Over() {
				gone <- err
			}
		}
		e.Percent = 60
		step() // too late
		return nil
	})
	e := i.order("", session)
	<-begun
	answer, body := i.do(http.MethodDelete, "/v1/exports/"+e.ID, nil)
	var canceled schemas.Export
	if err := json.Unmarshal(body, &canceled); err != nil || answer.StatusCode != http.StatusOK || canceled.Status != schemas.VideoCanceled {
		t.Fatalf("got %s %s", answer.Status, body)
	}
	if err := <-gone; err != nil {
		t.Error(err)
	}
	if events := i.events(e.ID); len(events) != 1 || events[0].id != "canceled-0" {
		t.Errorf("got %+v", events)
	}
	var session2 struct{ Video map[string]any }
	i.want("/v1/sessions/"+session, &session2)
	if session2.Video != nil {
		t.Errorf("an export became the session's video: %v", session2.Video)
	}
}

func TestRefusedExports(t *testing.T) {
	i := install(t, options{})
	session, _ := evidence(t, i.conn)
	for keys, path := range map[string]string{
		`"bitrate":-5`:                               "bitrate",
		`"resolution":"1x1"`:                         "resolution",
		`"watermark":{"time":{"corner":7}}`:          "watermark.time.corner",
		`"colour":"red"`:                             "colour",
		`"watermark":{"figures":{"landmarks":"ja"}}`: "watermark.figures.landmarks",
	} {
		answer, body := i.do(http.MethodPost, "/v1/exports", fmt.Appendf(nil, `{"sessions":[%q],%s}`, session, keys))
		if p := wantProblem(t, answer, body, http.StatusUnprocessableEntity); p.Setting != path || !strings.Contains(p.Detail, path) {
			t.Errorf("%s: got %+v", keys, p)
		}
	}
	answer, body := i.do(http.MethodPost, "/v1/exports", bytes.Repeat([]byte(" "), 1<<20))
	wantProblem(t, answer, body, http.StatusRequestEntityTooLarge)
	unknown := uuid.NewString()
	answer, body = i.do(http.MethodPost, "/v1/exports", fmt.Appendf(nil, `{"sessions":[%q,%q]}`, session, unknown))
	if p := wantProblem(t, answer, body, http.StatusNotFound); !strings.Contains(p.Detail, unknown) {
		t.Errorf("got %+v", p)
	}
	for _, path := range []string{"", "/events", "/files/1"} {
		for _, id := range []string{uuid.NewString(), "not-an-id", "*", "%3E"} {
			answer, body = i.get("/v1/exports/" + id + path)
			wantProblem(t, answer, body, http.StatusNotFound)
		}
	}
	answer, body = i.do(http.MethodDelete, "/v1/exports/"+uuid.NewString(), nil)
	wantProblem(t, answer, body, http.StatusNotFound)

	ctx := streamstest.Context(t)
	for range streams.MaxExports {
		must[*schemas.Export](t)(exports.New(i.conn).Create(ctx, schemas.ExportOrder{Sessions: []string{session}}))
	}
	answer, body = i.do(http.MethodPost, "/v1/exports", fmt.Appendf(nil, `{"sessions":[%q]}`, session))
	wantProblem(t, answer, body, http.StatusTooManyRequests)
	if answer.Header.Get("Retry-After") == "" {
		t.Error("says not when to try again")
	}
}

// The OpenAPI document lists the allowed values.
func TestExportOrderInOpenAPI(t *testing.T) {
	document := string(must[[]byte](t)(os.ReadFile("openapi.yaml")))
	ladder := strings.Trim(strings.ReplaceAll(fmt.Sprint(schemas.BitrateLadder), " ", ", "), "[]")
	for _, list := range []string{strings.Join(schemas.Resolutions, ", "), ladder} {
		if !strings.Contains(document, list) {
			t.Errorf("openapi.yaml lacks %s", list)
		}
	}
	var keys map[string]any
	if err := json.Unmarshal(must[[]byte](t)(json.Marshal(schemas.ExportOrder{
		From: &time.Time{}, To: &time.Time{}, Duration: 1, Bitrate: 1, Rotate: 1, Flip: "x", FrameRate: 1, Fragmented: true, Webhook: "x",
	})), &keys); err != nil {
		t.Fatal(err)
	}
	_, order, _ := strings.Cut(document, "\n    order:\n")
	var written []string
	for line := range strings.Lines(order) {
		if key, _, ok := strings.Cut(strings.TrimPrefix(line, "        "), ":"); ok && strings.HasPrefix(line, "        ") && !strings.HasPrefix(key, " ") {
			written = append(written, key)
		}
	}
	for key := range keys {
		if !slices.Contains(written, key) {
			t.Errorf("openapi.yaml lacks %s", key)
		}
	}
}
