package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// One process of each kind, which are killed one after another during a session.
func TestKilledWorkerDoesNotEndTheSession(t *testing.T) {
	clip := shared(t, "faces/video/real_zub_webcam_turns.webm")
	needPack(t, "zoo")
	broker := freeAddr(t)
	data := t.TempDir()
	start(t, nil, "broker", "--addr", broker, "--data", data)
	nats := "SELENE_NATS_URL=nats://" + broker
	waitPort(t, broker)
	settings := filepath.Join(t.TempDir(), "settings.json")
	// Enough frames for the kills to happen during the session.
	if err := os.WriteFile(settings, []byte(`{"active_liveness":{"is_enabled":false},"virtual_camera_checker":{"is_enabled":false},"session":{"aggregate_frames":40,"max_attempts":-1,"max_liveness_attempts":-1},"thresholds":{"yaw":90,"pitch":90,"roll":90,"liveness":0,"blur":0},"video":{"codec":"H264","session_timeout":3}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	i := &installation{t, freeAddr(t)}
	env := []string{nats, credentials(data), streamstest.MasterKey, "SELENE_PACK=zoo", "SELENE_SESSION_TOKENS=optional"}
	edge := start(t, env, "edge", "--addr", i.addr, "--data", t.TempDir(), "--settings", settings)
	names := []string{"detector", "liveness", "matcher", "decider"}
	victims := map[string]*process{}
	for _, name := range names {
		victims[name] = start(t, env, "worker", name)
	}
	start(t, env, "worker", "active-liveness")
	start(t, env, "video")
	i.waitReady(edge)
	// Replacements for the killed processes, on the same broker.
	heirs := make([]*process, len(names))
	for n, name := range names {
		heirs[n] = start(t, env, "worker", name)
	}

	kills := map[int]string{5: "matcher", 10: "liveness", 15: "detector", 20: "decider"}
	var once sync.Mutex
	p := i.replay(clip, func(l line) {
		once.Lock()
		defer once.Unlock()
		if name := kills[l.Seq]; name != "" {
			victims[name].kill()
			delete(kills, l.Seq)
		}
	}, "--fast")
	if len(kills) != 0 {
		t.Errorf("the session was over before these were killed: %v", kills)
	}
	if _, ok := p.find("SUCCESS"); !ok || p.exit != 0 {
		t.Fatalf("exit code %d, codes %v, last %+v", p.exit, p.codes(), p.last())
	}
	terminal := 0
	_, body := i.get("/v1/sessions/" + p.last().Session + "/decisions")
	var decisions struct {
		Decisions []struct {
			Outcome string `json:"outcome"`
		}
	}
	if err := json.Unmarshal(body, &decisions); err != nil {
		t.Fatal(err)
	}
	for _, d := range decisions.Decisions {
		if d.Outcome != "" && d.Outcome != "OUTCOME_CONTINUE" {
			terminal++
		}
	}
	if terminal != 1 {
		t.Errorf("%d terminal decisions in %d", terminal, len(decisions.Decisions))
	}
}

// credentials is the setting with which processes use those that a broker made in its data folder.
func credentials(data string) string { return "SELENE_NATS_CREDENTIALS=" + filepath.Join(data, "nats") }

// asAdmin returns a connection to a broker with that data folder.
func asAdmin(t *testing.T, addr, data string) *streams.Conn {
	t.Helper()
	waitPort(t, addr)
	return streamstest.As(t, streams.Options{URL: "nats://" + addr, Name: t.Name(), Credentials: streams.CredentialsFile(filepath.Join(data, "nats"), streams.RoleAdmin), Master: streamstest.Master()})
}

func waitPort(t *testing.T, addr string) {
	t.Helper()
	streamstest.Eventually(t, func() error {
		c, err := dial(addr)
		if err != nil {
			return fmt.Errorf("nobody listens: %w", err)
		}
		return c.Close()
	})
}

// A source that ends before a verdict leaves an open session, which is closed when it has been silent for long enough.
func TestAbandonedSessionEndsAndGetsItsVideo(t *testing.T) {
	t.Parallel()
	photo := shared(t, "faces/conditions/frontal_zub.jpg")
	needPack(t, "base")
	i := up(t, fmt.Sprintf(passive, "H264"), "SELENE_PACK=base")
	p := i.replay(photo, nil)
	if p.exit != 2 || len(p.lines) != 2 {
		t.Fatalf("exit code %d, %+v", p.exit, p.lines)
	}
	session := p.last().Session
	streamstest.Eventually(t, func() error {
		answer, body := i.get("/v1/sessions/" + session + "/video")
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", answer.Status, body)
		}
		return nil
	})
	_, body := i.get("/v1/sessions/" + session)
	if !strings.Contains(string(body), "TIMEOUT") && !strings.Contains(string(body), "timeout") {
		t.Errorf("the session: %s", body)
	}
	if again := i.replay(photo, nil, "--session-id", session); again.exit != 1 || again.lines[0].Error != 1013 {
		t.Errorf("a session that has ended was opened again: exit code %d, %+v", again.exit, again.lines)
	}
}
