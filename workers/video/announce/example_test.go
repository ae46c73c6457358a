package announce

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/schemas"
)

// The consumers shown in README.md receive the announcements.
func TestConsumers(t *testing.T) {
	t.Parallel()
	const line = "redis-cli --raw BLPOP default 0 | tail -n 1"
	page, err := os.ReadFile("README.md")
	if err != nil || !strings.Contains(string(page), line) {
		t.Errorf("README.md has no line %s; %v", line, err)
	}
	i := install(t)
	r := redisServer(t).start()
	program := filepath.Join(t.TempDir(), "example")
	if out, err := exec.Command("go", "build", "-o", program, "./example").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	i.set(map[string]any{"port": r.port})
	i.announce(Hook{}, "")

	session := i.finish(nil).GetSession()
	shell := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(line, "redis-cli", fmt.Sprintf("redis-cli -p %d", r.port), 1))
	if got, err := shell.Output(); err != nil || strings.TrimSpace(string(got)) != wanted(session) {
		t.Errorf("got %s, %v", got, err)
	}

	next := example(t, program, fmt.Sprintf("redis://127.0.0.1:%d/0", r.port), "default")
	for range 2 {
		session := i.finish(nil).GetSession()
		if want := session + " success https://selene.example/v1/sessions/" + session + "/video "; next() != want {
			t.Errorf("want %q", want)
		}
	}

	i.set(map[string]any{"port": r.port, "queue_name": "s", "queue_type": "stream"})
	next = example(t, program, "-stream", fmt.Sprintf("redis://127.0.0.1:%d/0", r.port), "s")
	for range 2 {
		session := i.finish(func(s *schemas.VideoStatus) { s.Status, s.Reason = schemas.VideoError, "no frames" }).GetSession()
		if want := session + " error  no frames"; next() != want {
			t.Errorf("want %q", want)
		}
	}
	r.wants("0", "XPENDING", "s", "example") // all acknowledged
}

// example runs the program until the test ends. What it returns reads the next line.
func example(t *testing.T, program string, args ...string) func() string {
	t.Helper()
	run := exec.CommandContext(t.Context(), program, args...)
	run.Stderr = os.Stderr
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.Process.Kill()
		run.Wait()
	})
	lines := bufio.NewScanner(out)
	return func() string {
		t.Helper()
		if !lines.Scan() {
			t.Error("the program exited:", lines.Err())
		}
		t.Log(lines.Text())
		return lines.Text()
	}
}
