package api

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/exports"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// Events outlive the server's time limits for requests and answers, however long nothing happens.
func TestExportEventsOutliveTimeLimits(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	e, err := exports.New(conn).Create(ctx, schemas.ExportOrder{Sessions: []string{uuid.NewString()}})
	if err != nil {
		t.Fatal(err)
	}
	a := &API{Conn: conn, exportStore: exports.New(conn)}
	const limit, silence, beats = 150 * time.Millisecond, 20 * time.Millisecond, 25
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{id}", func(w http.ResponseWriter, r *http.Request) {
		if err := a.sendExport(&extendingWriter{ResponseWriter: w}, r, silence); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewUnstartedServer(mux)
	server.Config.ReadTimeout, server.Config.WriteTimeout = limit, limit
	server.Start()
	defer server.Close()

	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/"+e.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	comments, events := 0, []string{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, ":"):
			if comments++; comments == beats {
				if _, err := exports.New(conn).Cancel(ctx, e.ID); err != nil {
					t.Fatal(err)
				}
			}
		case strings.HasPrefix(line, "id: "):
			events = append(events, line)
		}
	}
	if err := lines.Err(); err != nil || comments < beats || strings.Join(events, ", ") != "id: in_queue-0, id: canceled-0" {
		t.Errorf("%d comments, events %v, %v", comments, events, err)
	}
}
