package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/describe"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

type made struct {
	Session, Token string
	Expires        time.Time
}

func (i *installation) make(body []byte, contentType string) (m made) {
	i.t.Helper()
	answer, text := i.do(http.MethodPost, "/v1/sessions", body, "Content-Type", contentType)
	if answer.StatusCode != http.StatusCreated || answer.Header.Get("Content-Type") != "application/json" {
		i.t.Fatalf("%s %s", answer.Status, text)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		i.t.Fatal(err)
	}
	secret, err := base64.RawURLEncoding.DecodeString(m.Token)
	if err != nil || len(secret) != 32 || streams.CheckSession(m.Session) != nil || answer.Header.Get("Location") != "sessions/"+m.Session {
		i.t.Errorf("got %+v, %v", m, answer.Header)
	}
	if left := time.Until(m.Expires); left < 10*time.Minute || left > 15*time.Minute {
		i.t.Errorf("it expires in %v", left)
	}
	return m
}

func form(t *testing.T, parts ...string) (body []byte, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for n := 0; n+1 < len(parts); n += 2 {
		file := must[io.Writer](t)(w.CreateFormFile(parts[n], "face.png"))
		must[int](t)(io.WriteString(file, parts[n+1]))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), w.FormDataContentType()
}

func orderWith(picture []byte) []byte {
	return []byte(`{"reference":"` + base64.StdEncoding.EncodeToString(picture) + `"}`)
}

// pngOf returns a square PNG with sides of that many pixels.
func pngOf(t *testing.T, side int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, side, side))
	m.Set(1, 1, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCreateSession(t *testing.T) {
	i := install(t, options{})
	plain := i.make(nil, "")
	if again := i.make([]byte("{}"), "application/json"); again.Session == plain.Session || again.Token == plain.Token {
		t.Errorf("twice the same: %+v", again)
	}
	ticket := must[*sessions.Ticket](t)(sessions.New(i.conn).TicketOf(streamstest.Context(t), plain.Session))
	if err := ticket.Check(plain.Token, time.Now()); err != nil || ticket.HasFace {
		t.Errorf("%+v: %v", ticket, err)
	}
	asked := i.make([]byte(`{"nonce":"of the bank"}`), "application/json")
	if of := must[*sessions.Ticket](t)(sessions.New(i.conn).TicketOf(streamstest.Context(t), asked.Session)); of.Nonce != "of the bank" {
		t.Errorf("got %+v", of)
	}
	tooLong := []byte(`{"nonce":"` + strings.Repeat("x", 129) + `"}`)
	if answer, body := i.do(http.MethodPost, "/v1/sessions", tooLong, "Content-Type", "application/json"); answer.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a long nonce: %s %s", answer.Status, body)
	}
	var session struct{ Session, Outcome string }
	i.want("/v1/sessions/"+plain.Session, &session) // before anybody opened it
	if session.Session != plain.Session || session.Outcome != "OUTCOME_CONTINUE" {
		t.Errorf("got %+v", session)
	}
	if answer, body := i.do(http.MethodDelete, "/v1/sessions/"+plain.Session, nil); answer.StatusCode != http.StatusNoContent {
		t.Errorf("%s %s", answer.Status, body)
	}
	answer, body := i.get("/v1/sessions/" + plain.Session)
	wantProblem(t, answer, body, http.StatusGone)
}

// describer runs a matcher that describes every picture but those of pngOf(t, 9), which show no face, and pngOf(t, 10).
func (i *installation) describer() {
	i.t.Helper()
	nobody, broken := pngOf(i.t, 9), pngOf(i.t, 10)
	streamstest.Go(i.t, func(ctx context.Context) error {
		return describe.Serve(ctx, i.conn, func(image []byte) ([]byte, error) {
			switch {
			case bytes.Equal(image, nobody):
				return nil, &describe.Refusal{Code: schemas.CodeNoFace, Reason: "the picture shows no face"}
			case bytes.Equal(image, broken):
				return nil, errors.New("broken")
			}
			return []byte("description"), nil
		})
	})
	ctx := streamstest.Context(i.t)
	streamstest.Eventually(i.t, func() error { _, err := describe.Face(ctx, i.conn, pngOf(i.t, 8)); return err })
}

func TestReferenceNeedsADescriber(t *testing.T) {
	i := install(t, options{})
	answer, body := i.do(http.MethodPost, "/v1/sessions", orderWith(pngOf(t, 8)), "Content-Type", "application/json")
	if p := wantProblem(t, answer, body, http.StatusServiceUnavailable); p.Detail != describe.ErrNoDescriber.Error() {
		t.Errorf("got %+v", p)
	}
}

func TestReferenceIsStoredAndErased(t *testing.T) {
	i := install(t, options{})
	i.describer()
	ctx, good := streamstest.Context(t), pngOf(t, 8)
	multi, kind := form(t, "reference", string(good))
	for name, m := range map[string]made{"json": i.make(orderWith(good), "application/json; charset=utf-8"), "form": i.make(multi, kind)} {
		ticket := must[*sessions.Ticket](t)(sessions.New(i.conn).TicketOf(ctx, m.Session))
		if err := sessions.New(i.conn).UseTicket(ctx, ticket); err != nil || !ticket.HasFace || string(ticket.Workers[schemas.WorkerMatcher]) != "description" {
			t.Fatalf("%s: %+v, %v", name, ticket, err)
		}
		o := must[*objects.Object](t)(objects.New(i.conn).Open(ctx, objects.ReferenceName(m.Session)))
		stored := must[[]byte](t)(io.ReadAll(o))
		o.Close()
		if !bytes.Equal(stored, good) || o.MediaType != "image/png" {
			t.Errorf("%s: stored %d bytes of %s", name, len(stored), o.MediaType)
		}
		if answer, body := i.do(http.MethodDelete, "/v1/sessions/"+m.Session, nil); answer.StatusCode != http.StatusNoContent {
			t.Fatalf("%s %s", answer.Status, body)
		}
		if _, err := objects.New(i.conn).Open(ctx, objects.ReferenceName(m.Session)); !errors.Is(err, streams.ErrNotFound) {
			t.Errorf("%s: the face is left: %v", name, err)
		}
	}
}

func TestRefusedReferences(t *testing.T) {
	i := install(t, options{})
	i.describer()
	good, nobody := pngOf(t, 8), pngOf(t, 9)
	multi, kind := form(t, "reference", string(good))
	twice, twiceKind := form(t, "reference", "a", "reference", "b")
	other, otherKind := form(t, "face", "a")
	for name, c := range map[string]struct {
		body         []byte
		kind         string
		status, code int
	}{
		"no face on it":        {orderWith(nobody), "application/json", http.StatusUnprocessableEntity, schemas.CodeNoFace},
		"text":                 {orderWith([]byte("text")), "application/json", http.StatusUnprocessableEntity, 1003},
		"empty":                {orderWith(nil), "application/json", http.StatusUnprocessableEntity, 1003},
		"damaged":              {orderWith(good[:20]), "application/json", http.StatusUnprocessableEntity, schemas.SystemUndecodable},
		"no base64":            {[]byte(`{"reference":"?"}`), "application/json", http.StatusBadRequest, 0},
		"an unknown member":    {[]byte(`{"face":""}`), "application/json", http.StatusBadRequest, 0},
		"no JSON":              {[]byte(`{`), "application/json", http.StatusBadRequest, 0},
		"another type":         {good, "image/png", http.StatusUnsupportedMediaType, 0},
		"two files":            {twice, twiceKind, http.StatusBadRequest, 0},
		"another name":         {other, otherKind, http.StatusBadRequest, 0},
		"a form cut off":       {multi[:len(multi)-10], kind, http.StatusBadRequest, 0},
		"a form without parts": {multi, "multipart/form-data", http.StatusBadRequest, 0},
		"over the limit":       {orderWith(make([]byte, 9<<20)), "application/json", http.StatusRequestEntityTooLarge, 0},
		"broken matcher":       {orderWith(pngOf(t, 10)), "application/json", http.StatusInternalServerError, 0},
	} {
		t.Run(name, func(t *testing.T) {
			answer, body := i.do(http.MethodPost, "/v1/sessions", c.body, "Content-Type", c.kind)
			wantProblem(t, answer, body, c.status)
			var p struct{ Code int }
			if err := json.Unmarshal(body, &p); err != nil || p.Code != c.code {
				t.Errorf("code %d, want %d", p.Code, c.code)
			}
		})
	}
}

func TestReferenceNeedsAWorkerThatComparesFaces(t *testing.T) {
	i := install(t, options{})
	i.describer()
	for _, document := range []string{`{"session":{"previous_face_similarity":0}}`, `{"workers":[],"session":{"previous_face_similarity":0}}`} {
		if answer, body := i.do(http.MethodPut, "/v1/settings", []byte(document)); answer.StatusCode != http.StatusOK {
			t.Fatalf("%s %s", answer.Status, body)
		}
		answer, body := i.do(http.MethodPost, "/v1/sessions", orderWith(pngOf(t, 8)), "Content-Type", "application/json")
		wantProblem(t, answer, body, http.StatusConflict)
	}
}
