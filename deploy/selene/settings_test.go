package main

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/edge"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// edgeAndCommands starts an edge without workers, and returns a function that runs commands against it.
func edgeAndCommands(t *testing.T) (conn *streams.Conn, selene func(args ...string) (string, error)) {
	t.Helper()
	conn = streamstest.Connect(t, streamstest.Broker(t, false))
	const token = "a-long-random-word-a-long-random-word"
	e, err := edge.New(streamstest.Context(t), conn, edge.Config{AdminToken: token, DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(e.Handler())
	t.Cleanup(server.Close)
	return conn, func(args ...string) (string, error) {
		t.Helper()
		root, err := newRoot()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetErr(&out)
		root.SetArgs(append(args, "--url", server.URL, "--token", token))
		err = root.ExecuteContext(streamstest.Context(t))
		return out.String(), err
	}
}

func TestSettingsAreDumpedAndApplied(t *testing.T) {
	conn, selene := edgeAndCommands(t)
	must := func(args ...string) string {
		t.Helper()
		out, err := selene(args...)
		if err != nil {
			t.Fatalf("selene %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return out
	}
	file := filepath.Join(t.TempDir(), "settings.json")
	write := func(document string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"session":{"max_attempts":7},"video_redis":{"password":"hunter2"}}`)
	must("settings", "put", file, "--note", "fewer tries")
	dump := must("settings", "get")
	write(strings.Replace(dump, `"max_attempts": 7`, `"max_attempts": 9`, 1))
	must("settings", "put", file)
	must("settings", "put", file, "--variant", "kiosk", "--note", "for the kiosk")
	now, err := settings.New(conn).Newest(streamstest.Context(t), "")
	if err != nil || now.Settings.Session.MaxAttempts != 9 || now.Settings.VideoRedis.Password != "hunter2" {
		t.Fatalf("got %+v, %v", now, err)
	}
	if variant := must("settings", "get", "--variant", "kiosk"); variant != must("settings", "get") {
		t.Errorf("the variant is %s", variant)
	}
	revisions := must("settings", "revisions")
	if !strings.Contains(revisions, `"fewer tries"`) || !strings.Contains(revisions, "session.max_attempts: 7 -> 9") || strings.Contains(revisions, "hunter2") {
		t.Errorf("got %s", revisions)
	}
	var second struct{ Revision json.Number }
	if err := json.Unmarshal([]byte(strings.Split(must("settings", "revisions", "--json"), "\n")[1]), &second); err != nil {
		t.Fatal(err)
	}
	if old := must("settings", "get", "--revision", second.Revision.String()); old != dump {
		t.Errorf("revision %s is %s", second.Revision, old)
	}
	must("settings", "restore", second.Revision.String(), "--note", "back")
	if got := must("settings", "get"); got != dump {
		t.Errorf("restored: %s", got)
	}
	if variants := must("settings", "variants"); !strings.Contains(variants, "(no variant)") || !strings.Contains(variants, "kiosk") || !strings.Contains(variants, `"for the kiosk"`) {
		t.Errorf("got %s", variants)
	}
	if schema := must("settings", "schema"); !strings.Contains(schema, "https://json-schema.org/draft/2020-12/schema") {
		t.Errorf("got %.200s", schema)
	}
	for _, args := range [][]string{
		{"settings", "get", "--variant", "nobody"},
		{"settings", "get", "--revision", "99"},
		{"settings", "restore", "x"},
		{"settings", "restore", "99"},
		{"settings", "get", "--revision", "1", "--variant", "kiosk"},
		{"sessions", "list", "--since", "yesterday"},
		{"sessions", "list", "--outcome", "lost"},
	} {
		if out, err := selene(args...); err == nil {
			t.Errorf("selene %s: %s", strings.Join(args, " "), out)
		}
	}
}

func TestSessionsList(t *testing.T) {
	conn, selene := edgeAndCommands(t)
	var ids []string
	for n := range 5 {
		id := uuid.NewString()
		ids = append(ids, id)
		for _, kind := range []schemas.SessionEventKind{schemas.SessionEventKind_SESSION_OPENED, schemas.SessionEventKind_SESSION_CLOSED} {
			e := &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: kind, AtUnixNanos: time.Now().UnixNano()}
			if kind == schemas.SessionEventKind_SESSION_CLOSED {
				e.Outcome = schemas.Outcome_OUTCOME_PASSED
				if n == 3 {
					e.Outcome = schemas.Outcome_OUTCOME_TIMEOUT
				}
			}
			if err := conn.PublishSessionEvent(streamstest.Context(t), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	for want, args := range map[string][]string{
		"4 3 2 1 0": {},
		"4 3":       {"--limit", "2"},
		"3":         {"--outcome", "timeout"},
		"4 2 1 0":   {"--outcome", "success", "--since", "1h"},
		"2":         {"--id", ids[2][:8]},
		"":          {"--code", "32"},
	} {
		for _, asJSON := range []bool{false, true} {
			args := append([]string{"sessions", "list"}, args...)
			if asJSON {
				args = append(args, "--json")
			}
			out, err := selene(args...)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for line := range strings.Lines(out) {
				for n, id := range ids {
					if strings.Contains(line, id) && json.Valid([]byte(line)) == asJSON {
						got = append(got, string(rune('0'+n)))
					}
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("selene %s: %s", strings.Join(args, " "), out)
			}
		}
	}
}
