package e2e

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/streamstest"
)

// A rerun that cannot work reports why, and leaves nothing behind.
func TestRerunReportsErrors(t *testing.T) {
	clip := shared(t, "faces/video/real_lp_d_d10.mp4")
	needPack(t, "base")
	dir := t.TempDir()
	i := up(t, `{"active_liveness":{"is_enabled":false},"thresholds":{"mouth_states":["smile","opened"]}}`, "SELENE_PACK=base")
	p := i.replay(clip, nil)
	if p.exit != 0 {
		t.Fatalf("exit code %d, codes %v", p.exit, p.codes())
	}
	bundle, temp := filepath.Join(dir, "session.tar"), filepath.Join(dir, "temp")
	env := []string{"SELENE_URL=http://" + i.addr, "SELENE_PACK=base", "TMPDIR=" + temp}
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, exit := selene(t, env, "record", p.last().Session, "-o", bundle); exit != 0 {
		t.Fatal(out)
	}
	write := func(name, document string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	data, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	data[bytes.Index(data, []byte("\xff\xd8\xff"))+2000] ^= 1
	changed := write("changed.tar", string(data))
	const passive = `"active_liveness":{"is_enabled":false},"thresholds":{"mouth_states":["smile","opened"]}`
	const judges = `"workers":[{"name":"liveness","required":true},{"name":"matcher","required":true},`
	required := write("required.json", `{`+passive+`,`+judges+`{"name":"hat","required":true}]}`)
	advisory := write("advisory.json", `{`+passive+`,`+judges+`{"name":"hat","required":false}]}`)
	for name, c := range map[string]struct {
		args []string
		exit int
		says []string
	}{
		"a worker that judges nothing": {[]string{bundle, "--workers", "decider"}, 1, []string{"decider does not judge frames", "matcher"}},
		"a worker nobody has named":    {[]string{bundle, "--workers", "hta"}, 0, []string{"worker hta was not asked: the settings do not name it"}},
		"a required plugin":            {[]string{bundle, "--settings", required}, 1, []string{"not running: hat", "Start the plugin hat", "--nats"}},
		"an advisory plugin":           {[]string{bundle, "--settings", advisory}, 0, []string{"worker hat was not asked: it is not running"}},
		"a changed bundle":             {[]string{changed}, 1, []string{"changed.tar", "was changed"}},
		"no such file":                 {[]string{bundle + "x"}, 1, []string{"does not exist, and is not a session ID either"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, exit := selene(t, env, append([]string{"rerun"}, c.args...)...)
			for _, words := range c.says {
				if exit != c.exit || !strings.Contains(out, words) {
					t.Errorf("exit code %d, want %d; said %q, want %q", exit, c.exit, out, words)
				}
			}
		})
	}
	t.Run("interrupted", func(t *testing.T) {
		p := start(t, env, "rerun", bundle, "--pace", "original", "--json")
		streamstest.Eventually(t, func() error {
			if len(inTemp(t, temp)) == 0 {
				return errors.New("it has not begun")
			}
			return nil
		})
		if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		select {
		case <-p.done:
		case <-time.After(streamstest.Timeout):
			t.Fatal("it goes on")
		}
		if code := p.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(p.log.String(), "interrupted") {
			t.Errorf("exit code %d: %s", code, p.log)
		}
	})
	if left := inTemp(t, temp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func inTemp(t *testing.T, dir string) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}
