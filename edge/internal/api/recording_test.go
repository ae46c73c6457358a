package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	proof "github.com/selene-liveness/selene/streams/evidence"
	"github.com/selene-liveness/selene/streams/recording"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestRecordingOverREST(t *testing.T) {
	here, there := install(t, options{}), install(t, options{})
	id, images := evidence(t, here.conn)
	for _, compress := range []string{"", "?compress=zstd"} {
		answer, bundle := here.get("/v1/sessions/" + id + "/recording" + compress)
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s %s", answer.Status, bundle)
		}
		answer, body := here.do(http.MethodPost, "/v1/recordings", bundle)
		wantProblem(t, answer, body, http.StatusConflict)
		answer, body = there.do(http.MethodPost, "/v1/recordings", bundle)
		wantProblem(t, answer, body, http.StatusUnprocessableEntity) // a stranger's
		if compress == "" {
			answer, body = there.do(http.MethodPost, "/v1/recordings?trust=true", bytes.Replace(bundle, []byte(images[0]), []byte("eno"), 1))
			wantProblem(t, answer, body, http.StatusUnprocessableEntity)
			continue
		}
		answer, body = there.do(http.MethodPost, "/v1/recordings?trust=true", bundle)
		if answer.StatusCode != http.StatusCreated || answer.Header.Get("Location") != "sessions/"+id {
			t.Fatalf("%s %s", answer.Status, body)
		}
	}
	for _, at := range []*installation{here, there} {
		var shown struct{ Imported bool }
		if at.want("/v1/sessions/"+id, &shown); shown.Imported != (at == there) {
			t.Errorf("imported: %v", shown.Imported)
		}
	}
	if answer, image := there.get("/v1/sessions/" + id + "/frames/1"); answer.StatusCode != http.StatusOK || string(image) != images[0] {
		t.Errorf("%s %.40s", answer.Status, image)
	}
}

func TestConcurrentImportsAreLimited(t *testing.T) {
	i := install(t, options{})
	post := func(body io.Reader) int {
		r, err := http.NewRequestWithContext(streamstest.Context(t), http.MethodPost, i.url+"/v1/recordings", body)
		if err != nil {
			t.Error(err)
			return 0
		}
		r.Header.Set("Authorization", "Bearer "+adminToken)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Error(err)
			return 0
		}
		defer answer.Body.Close()
		return answer.StatusCode
	}
	ends, codes := []*io.PipeWriter{}, make(chan int)
	for range 2 {
		body, end := io.Pipe()
		ends = append(ends, end)
		go func() { codes <- post(body) }()
		if _, err := end.Write([]byte("no bundle")); err != nil {
			t.Fatal(err)
		}
	}
	streamstest.Eventually(t, func() error {
		if code := post(nil); code != http.StatusTooManyRequests {
			return fmt.Errorf("a third record was stored: %d", code)
		}
		return nil
	})
	for _, end := range ends {
		if err := end.Close(); err != nil {
			t.Error(err)
		}
		if code := <-codes; code != http.StatusUnprocessableEntity {
			t.Errorf("got %d", code)
		}
	}
	if code := post(nil); code != http.StatusUnprocessableEntity {
		t.Errorf("afterwards: %d", code)
	}
}

// Somebody with access to the broker changes a stored session; whoever verifies it over REST finds it.
func TestChangesInTheBrokerAreFound(t *testing.T) {
	for name, tamper := range map[string]func(ctx context.Context, i *installation, id string) error{
		"nothing": nil,
		"a frame is gone": func(ctx context.Context, i *installation, id string) error {
			for d, err := range sessions.New(i.conn).DecisionsOf(ctx, id) {
				return errors.Join(err, i.conn.Stream(streams.Frames).Delete(ctx, d.Message.GetFrame()))
			}
			return errors.New("no decision yet")
		},
		"the last decision is gone": func(ctx context.Context, i *installation, id string) error {
			last, err := sessions.New(i.conn).LastDecision(ctx, id)
			return errors.Join(err, i.conn.Stream(streams.Decisions).Delete(ctx, last.GetState().GetLastDecision()))
		},
		"another decision": func(ctx context.Context, i *installation, id string) error {
			last, err := sessions.New(i.conn).LastDecision(ctx, id)
			if err != nil {
				return err
			}
			_, err = i.conn.PublishDecision(ctx, last, last.GetState().GetLastDecision()) // with a link that fits
			return err
		},
		"another verdict": func(ctx context.Context, i *installation, id string) error {
			name := &schemas.FrameName{Session: id, Sequence: 1, Nonce: "0"}
			return i.conn.PublishVerdict(ctx, &schemas.Verdict{Version: schemas.Version, Name: name, Worker: "x", Decider: "d"})
		},
	} {
		i, ctx := install(t, options{}), streamstest.Context(t)
		id, _ := evidence(t, i.conn)
		walk := must[*proof.Walk](t)(proof.Of(ctx, sessions.New(i.conn), id))
		text := must[string](t)(i.api.Signer.SignEvidence(proof.Claims[proof.Seal]{Content: walk.Seal(id)}))
		if err := i.conn.PublishSessionEvent(ctx, &schemas.SessionEvent{
			Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_SEALED, Seal: text,
		}); err != nil {
			t.Fatal(err)
		}
		if tamper != nil {
			if err := tamper(ctx, i, id); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		_, bundle := i.get("/v1/sessions/" + id + "/recording")
		b := must[*recording.Bundle](t)(recording.Receive(bytes.NewReader(bundle), 1<<20))
		if err := errors.Join(b.Verify(i.api.Signer.EvidenceKey), b.Close()); (err == nil) != (tamper == nil) {
			t.Errorf("%s: %v", name, err)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
}
