package e2e

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// selene runs a command and returns its output and exit code.
func selene(t *testing.T, env []string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Env = root(t), append(os.Environ(), append([]string{"SELENE_ADMIN_TOKEN=" + adminToken}, env...)...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// Two sessions of one clip are recorded and rerun: by workers of the command, by the running workers, and with other
// settings. Then they move to an installation with another key.
func TestRecordedSessionsRunAgain(t *testing.T) {
	clip := shared(t, "faces/video/real_lp_d_d10.mp4")
	needPack(t, "base")
	dir := t.TempDir()
	settings := filepath.Join(dir, "settings.json")
	document := `{"virtual_camera_checker":{"policy":"log"},"active_liveness":{"is_enabled":false},"thresholds":{"mouth_states":["smile","opened"]},"workers":[{"name":"liveness","required":true},{"name":"matcher","required":true},{"name":"active-liveness","required":true}]}`
	if err := os.WriteFile(settings, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	broker := freeAddr(t)
	i := &installation{t, freeAddr(t)}
	i.waitReady(start(t, []string{"SELENE_PACK=base"}, "up", "--addr", i.addr, "--broker-addr", broker, "--data", filepath.Join(dir, "data"), "--settings", settings))
	for range 2 {
		if p := i.replay(clip, nil); p.exit != 0 {
			t.Fatalf("exit code %d, codes %v", p.exit, p.codes())
		}
	}
	here := []string{"SELENE_URL=http://" + i.addr, "SELENE_PACK=base"}
	day := filepath.Join(dir, "day")
	if out, exit := selene(t, here, "record", "--since", "1h", "--outcome", "success", "-o", day, "--zstd"); exit != 0 {
		t.Fatal(out)
	}
	bundles, err := filepath.Glob(filepath.Join(day, "*.tar.zst"))
	if err != nil || len(bundles) != 2 {
		t.Fatalf("recorded %v, %v", bundles, err)
	}
	for _, b := range bundles {
		for _, name := range []string{b, strings.TrimSuffix(filepath.Base(b), ".tar.zst")} { // as recorded, as stored
			if out, exit := selene(t, here, "sessions", "verify", name); exit != 0 || !strings.Contains(out, "unchanged") {
				t.Error(out)
			}
		}
	}
	same := func(env []string, args ...string) {
		t.Helper()
		if out, exit := selene(t, env, append([]string{"rerun"}, args...)...); exit != 0 || !strings.Contains(out, " 0 with another outcome; 0 of ") {
			t.Errorf("rerun %v: exit code %d\n%s", args, exit, out)
		}
	}
	same([]string{"SELENE_PACK=base"}, day)
	same(here, "--nats", "nats://"+broker, "--data", filepath.Join(dir, "data"), "--since", "1h")
	before := i.storedSession(strings.TrimSuffix(filepath.Base(bundles[0]), ".tar.zst"))

	strict, page := filepath.Join(dir, "strict.json"), filepath.Join(dir, "report.html")
	if err := os.WriteFile(strict, []byte(`{"active_liveness":{"is_enabled":false},"thresholds":{"face_width":4000}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	out, exit := selene(t, here, "rerun", day, "--settings", strict, "--html", page)
	report, err := os.ReadFile(page)
	if exit != 2 || !strings.Contains(out, "success -> open") || err != nil || !strings.Contains(string(report), "data:image/jpeg;base64,") {
		t.Errorf("exit code %d, report of %d bytes, %v\n%s", exit, len(report), err, out)
	}
	if after := i.storedSession(strings.TrimSuffix(filepath.Base(bundles[0]), ".tar.zst")); after != before {
		t.Errorf("a rerun has changed a session:\n%s\nwas\n%s", after, before)
	}
	i.judgeAgain(strings.TrimSuffix(filepath.Base(bundles[1]), ".tar.zst"))
	moveTo(t, bundles[0])
}

// judgeAgain reruns a session over REST.
func (i *installation) judgeAgain(id string) {
	i.t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+i.addr+"/v1/sessions/"+id+"/rerun", nil)
	if err != nil {
		i.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		i.t.Fatal(err)
	}
	defer answer.Body.Close()
	var result map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&result); err != nil || result["before"] != "success" || result["after"] != "success" || result["fields"] != nil {
		i.t.Errorf("%s: %v, %v", answer.Status, result, err)
	}
}

// moveTo imports a bundle into an installation that does not know its signer.
func moveTo(t *testing.T, bundle string) {
	t.Helper()
	i := up(t, "{}", "SELENE_PACK=base", "SELENE_JWT_KEY=3e2a59a58a6760668461003b1157f73114398a9baa82123fec0f0021f514164e")
	there := []string{"SELENE_URL=http://" + i.addr, "SELENE_PACK=base"}
	if out, exit := selene(t, there, "sessions", "import", bundle); exit == 0 || !strings.Contains(out, "trust") {
		t.Errorf("a stranger's recording: exit code %d, %s", exit, out)
	}
	if out, exit := selene(t, there, "sessions", "import", "--trust", bundle); exit != 0 {
		t.Fatal(out)
	}
	id := strings.TrimSuffix(filepath.Base(bundle), ".tar.zst")
	for _, path := range []string{"", "/frames/1", "/decisions"} {
		if answer, body := i.get("/v1/sessions/" + id + path); answer.StatusCode != http.StatusOK || len(body) == 0 {
			t.Errorf("%s: %s", path, answer.Status)
		}
	}
	if out, exit := selene(t, there, "rerun", id); exit != 0 || !strings.Contains(out, "identical") {
		t.Errorf("exit code %d\n%s", exit, out)
	}
	if out, exit := selene(t, there, "sessions", "erase", id); exit != 0 {
		t.Error(out)
	}
	if answer, _ := i.get("/v1/sessions/" + id + "/frames/1"); answer.StatusCode != http.StatusNotFound {
		t.Errorf("after erasing: %s", answer.Status)
	}
}

// storedSession returns a session as JSON without its video and events, which may still be in the making.
func (i *installation) storedSession(id string) string {
	i.t.Helper()
	_, body := i.get("/v1/sessions/" + id)
	var session map[string]json.RawMessage
	if err := json.Unmarshal(body, &session); err != nil {
		i.t.Fatal(err)
	}
	delete(session, "video")
	delete(session, "events") // the session is sealed meanwhile
	text, err := json.Marshal(session)
	if err != nil {
		i.t.Fatal(err)
	}
	return string(text)
}
