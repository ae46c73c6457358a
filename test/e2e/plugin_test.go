package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// pluginSettings returns settings with additional workers.
func pluginSettings(frames int, more string) string {
	return fmt.Sprintf(`{"env":"development","virtual_camera_checker":{"is_enabled":false},"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":%d},
		"thresholds":{"liveness":0,"blur":0,"mouth_states":["opened","smile","occluded"]},
		"workers":[{"name":"liveness","required":true,"timeout":5},{"name":"matcher","required":true,"timeout":5}%s]}`, frames, more)
}

func (i *installation) putSettings(document string) {
	i.t.Helper()
	r, err := http.NewRequest(http.MethodPut, "http://"+i.addr+"/v1/settings", strings.NewReader(document))
	if err != nil {
		i.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		i.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		i.t.Fatalf("PUT /v1/settings: %s", answer.Status)
	}
}

// said returns the plugin's measurements in the last reply of a session, and in the token.
func said(t *testing.T, p played) (inStats, inToken string) {
	t.Helper()
	for _, l := range p.lines {
		var e struct {
			Plugins map[string]json.RawMessage `json:"plugins"`
		}
		if len(l.Estimations) > 0 {
			if err := json.Unmarshal(l.Estimations, &e); err != nil {
				t.Fatal(err)
			}
		}
		if object, ok := e.Plugins["hats"]; ok {
			inStats = string(object)
		}
	}
	if success, ok := p.find("SUCCESS"); ok {
		var claims struct {
			jwt.RegisteredClaims
			Estimations struct {
				Plugins map[string]json.RawMessage `json:"plugins"`
			} `json:"estimations"`
		}
		if _, err := jwt.ParseWithClaims(success.JWT, &claims, func(*jwt.Token) (any, error) { return []byte(jwtKey), nil }); err != nil {
			t.Fatal(err)
		}
		inToken = string(claims.Estimations.Plugins["hats"])
	}
	return inStats, inToken
}

// A plugin is added and removed through the settings alone: nothing is restarted, and every session is answered.
func TestPluginStartsAndStops(t *testing.T) {
	clip := shared(t, "faces/video/real_lp_d_d10.mp4")
	needPack(t, "base")
	dir := t.TempDir()
	plugin := filepath.Join(dir, "hats")
	if out, err := exec.Command("go", "build", "-o", plugin, "../../workers/example").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	hat := filepath.Join(dir, "hat.mp4") // the same person under something red
	if out, err := exec.Command("ffmpeg", "-v", "error", "-t", "4", "-i", clip, "-vf", "drawbox=x=0:y=0:w=iw:h=165:color=red:t=fill", hat).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	settings := filepath.Join(dir, "settings.json")
	if err := os.WriteFile(settings, []byte(pluginSettings(12, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	i, broker := &installation{t, freeAddr(t)}, freeAddr(t)
	i.waitReady(start(t, []string{"SELENE_PACK=base"}, "up", "--addr", i.addr, "--data", filepath.Join(dir, "data"), "--settings", settings, "--broker-addr", broker, "--plugins", "hats"))

	// Required but not running: the running session keeps its settings, a new one gets an answer.
	const required = `,{"name":"hats","required":true,"timeout":1}`
	running := i.replay(hat, func(l line) {
		if l.Seq == 2 {
			i.putSettings(pluginSettings(3, required))
		}
	}, "--fps", "5", "--loop")
	if inStats, inToken := said(t, running); running.exit != 0 || inStats+inToken != "" {
		t.Errorf("the session that ran while the plugin was added: exit code %d, last %+v, plugin said %s %s", running.exit, running.last(), inStats, inToken)
	}
	answer, body := i.get("/readyz")
	if answer.StatusCode != http.StatusServiceUnavailable || !bytes.Contains(body, []byte("worker hats")) {
		t.Errorf("/readyz without the plugin: %s: %s", answer.Status, body)
	}
	if p := i.replay(shared(t, "faces/conditions/frontal_zub.jpg"), nil); len(p.lines) == 0 || p.lines[0].Error != 1000 {
		t.Errorf("a session without its required plugin: %+v, want ERROR 1000", p.lines)
	}

	// The plugin starts.
	hats := exec.Command(plugin)
	hats.Env = append(os.Environ(), "SELENE_NATS_URL=nats://"+broker, credentials(filepath.Join(dir, "data")))
	log := &logBuffer{}
	hats.Stdout, hats.Stderr = log, log
	if err := hats.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		hats.Process.Kill()
		hats.Wait()
		if t.Failed() {
			t.Logf("the plugin: %s", log)
		}
	})
	i.waitReady()
	with := i.replay(hat, nil, "--fps", "5", "--fast", "--loop")
	if inStats, _ := said(t, with); with.exit != 2 || with.codes()[1100] == 0 || !strings.HasPrefix(inStats, `{"colour":`) {
		t.Errorf("a hat before the plugin: exit code %d, codes %v, it said %s", with.exit, with.codes(), inStats)
	}

	// The plugin stops during a session that uses it.
	leaving := i.replay(clip, func(l line) {
		if l.Seq == 1 {
			i.putSettings(pluginSettings(3, ""))
		}
	}, "--fps", "5")
	if inStats, inToken := said(t, leaving); leaving.exit != 0 || inStats == "" || inToken == "" {
		t.Errorf("the session that ran while the plugin was removed: exit code %d, last %+v, plugin said %s %s", leaving.exit, leaving.last(), inStats, inToken)
	}
	after := i.replay(hat, nil, "--fps", "5", "--fast", "--loop")
	if inStats, inToken := said(t, after); after.exit != 0 || inStats+inToken != "" {
		t.Errorf("after the plugin was removed: exit code %d, codes %v, plugin said %s %s", after.exit, after.codes(), inStats, inToken)
	}
	if _, body := i.get("/v1/workers"); !bytes.Contains(body, []byte(`"hats"`)) {
		t.Errorf("it runs still, and is not among %s", body)
	}
}
