package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// A session created beforehand opens only with its token and is verified against its reference face.
func TestReferenceFace(t *testing.T) {
	clip := shared(t, "faces/video/real_lp_d_d0.mp4")
	other := shared(t, "faces/video/real_lp_d_d10.mp4")
	group := shared(t, "faces/multi/couple.jpg")
	needPack(t, "zoo")
	i := up(t, `{"virtual_camera_checker":{"policy":"log"},"active_liveness":{"is_enabled":false},"thresholds":{"mouth_states":["smile","opened"]}}`, "SELENE_PACK=zoo")
	selene := func(args ...string) (string, error) {
		cmd := exec.Command(binary, append(args, "--url", "http://"+i.addr, "--token", adminToken)...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for name, c := range map[string]struct {
		face    string
		matched bool
	}{"the same person": {clip, true}, "another": {other, false}} {
		t.Run(name, func(t *testing.T) {
			face := filepath.Join(t.TempDir(), "face.jpg")
			if text, err := exec.Command("ffmpeg", "-v", "error", "-i", c.face, "-vf", "select=eq(n\\,20)", "-frames:v", "1", "-q:v", "2", face).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			out, err := selene("sessions", "make", "--reference", face)
			var made struct{ Session, Token string }
			if err != nil || json.Unmarshal([]byte(out), &made) != nil || made.Token == "" {
				t.Fatalf("%v: %s", err, out)
			}
			if p := i.replay(clip, nil, "--session-id", made.Session); p.exit != 1 || p.lines[0].Error != 1007 {
				t.Errorf("opened without its token: exit code %d, %+v", p.exit, p.lines)
			}
			p := i.replay(clip, nil, "--session-id", made.Session, "--session-token", made.Token)
			success, ok := p.find("SUCCESS")
			if !ok {
				t.Fatalf("exit code %d, codes %v, last %+v", p.exit, p.codes(), p.last())
			}
			claims := jwt.MapClaims{}
			if _, err := jwt.ParseWithClaims(success.JWT, claims, func(*jwt.Token) (any, error) { return []byte(jwtKey), nil }); err != nil {
				t.Fatal(err)
			}
			verification, _ := claims["verification"].(map[string]any)
			if verification["matched"] != c.matched {
				t.Errorf("verification %v, want matched %v", verification, c.matched)
			}
		})
	}
	t.Run("two faces are refused as a reference", func(t *testing.T) {
		if _, err := os.Stat(group); err != nil {
			t.Fatal(err)
		}
		if out, err := selene("sessions", "make", "--reference", group); err == nil || !strings.Contains(out, "face") {
			t.Errorf("%v: %s", err, out)
		}
	})
}
