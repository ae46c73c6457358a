package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/reruns"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// The settings of new sessions are those that this instance gives them.
// judgedAgain returns the answer of a process that judged a session again and found no difference.
func judgedAgain(session string) ([]byte, error) {
	return json.Marshal(map[string]any{"session": session, "before": "success", "after": "success", "frames": 0, "verdicts": 0})
}

func TestCurrentSettingsAreThoseOfTheInstance(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	if _, err := settings.New(conn).Change(t.Context(), "strict", []byte(`{"session":{"max_attempts":7}}`), settings.Author{}, 0); err != nil {
		t.Fatal(err)
	}
	i := attach(t, conn, options{Variant: "strict"})
	attempts := make(chan int, 100)
	streamstest.Go(t, func(ctx context.Context) error {
		return reruns.Serve(ctx, conn, func(_ context.Context, o schemas.RerunOrder) ([]byte, error) {
			attempts <- o.Settings.Session.MaxAttempts
			return judgedAgain(o.Session)
		})
	})
	streamstest.Eventually(t, func() error {
		answer, body := i.do(http.MethodPost, "/v1/sessions/"+uuid.NewString()+"/rerun?variant=", nil)
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s %s", answer.Status, body)
		}
		return nil
	})
	if got := <-attempts; got != 7 {
		t.Errorf("judged by %d attempts, want those of the variant", got)
	}
}

func TestRerunOnRequest(t *testing.T) {
	i := install(t, options{})
	id := uuid.NewString()
	path := "/v1/sessions/" + id + "/rerun"
	if answer, body := i.do(http.MethodPost, path, nil); answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), "selene worker rerun") {
		t.Errorf("no rerun worker running: %s %s", answer.Status, body)
	}
	streamstest.Go(t, func(ctx context.Context) error {
		return reruns.Serve(ctx, i.conn, func(_ context.Context, o schemas.RerunOrder) ([]byte, error) {
			switch {
			case o.Settings == nil:
				return judgedAgain(o.Session)
			case o.Settings.Session.MaxAttempts == 7:
				return nil, errors.New("no verdict from hats")
			}
			return nil, fmt.Errorf("session %s: %w", o.Session, streams.ErrNotFound)
		})
	})
	streamstest.Eventually(t, func() error {
		answer, body := i.do(http.MethodPost, path, nil)
		if answer.StatusCode != http.StatusOK || !strings.Contains(string(body), id) {
			return fmt.Errorf("%s %s", answer.Status, body)
		}
		return nil
	})
	if answer, body := i.do(http.MethodPost, path+"?variant=", nil); answer.StatusCode != http.StatusNotFound {
		t.Errorf("a session that is not stored: %s %s", answer.Status, body)
	}
	if _, err := settings.New(i.conn).Change(t.Context(), "strict", []byte(`{"session":{"max_attempts":7}}`), settings.Author{}, 0); err != nil {
		t.Fatal(err)
	}
	if answer, body := i.do(http.MethodPost, path+"?variant=strict", nil); answer.StatusCode != http.StatusBadGateway || !strings.Contains(string(body), "hats") {
		t.Errorf("a worker that is silent: %s %s", answer.Status, body)
	}
	if answer, body := i.do(http.MethodPost, path+"?variant=none", nil); answer.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown variant: %s %s", answer.Status, body)
	}
}

func TestRerunsAreSerialized(t *testing.T) {
	i := install(t, options{})
	begun, end := make(chan struct{}), make(chan struct{})
	streamstest.Go(t, func(ctx context.Context) error {
		return reruns.Serve(ctx, i.conn, func(_ context.Context, o schemas.RerunOrder) ([]byte, error) {
			begun <- struct{}{}
			<-end
			return judgedAgain(o.Session)
		})
	})
	path, first := "/v1/sessions/"+uuid.NewString()+"/rerun", make(chan int)
	go func() {
		for {
			answer, _ := i.do(http.MethodPost, path, nil)
			if answer.StatusCode != http.StatusServiceUnavailable { // not there yet
				first <- answer.StatusCode
				return
			}
		}
	}()
	<-begun
	answer, body := i.do(http.MethodPost, path, nil)
	wantProblem(t, answer, body, http.StatusTooManyRequests)
	close(end)
	if code := <-first; code != http.StatusOK {
		t.Errorf("the first: %d", code)
	}
}
