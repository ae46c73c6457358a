// Package e2e tests the shipped binary through its public interfaces: processes, WebSocket, REST, files.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/streamstest"
)

const (
	jwtKey     = "8ef3e8ce2c91321587306284333877f8"
	adminToken = "end-to-end-token-end-to-end-token"
)

var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "selene-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "selene")
		if out, err := exec.Command("go", "build", "-o", binary, "../../deploy/selene").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// root returns the root of the repository.
func root(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// shared returns the path of test media outside the repository, and skips the test when they are missing.
func shared(t testing.TB, path string) string {
	t.Helper()
	base := filepath.Join(root(t), "..", "shared")
	if _, err := os.Stat(base); err != nil {
		t.Skip("skipped: no face media, there is no folder ../shared beside the repository")
	}
	full := filepath.Join(base, path)
	if _, err := os.Stat(full); err != nil {
		t.Fatal(err)
	}
	return full
}

// needPack skips the test where the model pack is not installed.
func needPack(t testing.TB, name string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root(t), "workers/vision/packs", name, "pack.json")); err != nil {
		t.Skipf("skipped: model pack %s is not installed (make setup)", name)
	}
}

// process is a running selene.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	log  *logBuffer
}

type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start runs selene until the test ends.
func start(t testing.TB, env []string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(binary, args...), done: make(chan struct{}), log: &logBuffer{}}
	p.cmd.Dir = root(t)
	p.cmd.Env = append(os.Environ(), append([]string{"SELENE_JWT_KEY=" + jwtKey, "SELENE_ADMIN_TOKEN=" + adminToken}, env...)...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		p.cmd.Wait()
	}()
	t.Cleanup(func() {
		p.cmd.Process.Signal(os.Interrupt)
		select {
		case <-p.done:
		case <-time.After(streamstest.Timeout):
			p.kill()
			t.Errorf("selene %s did not stop", strings.Join(args, " "))
		}
		if strings.Contains(strings.ToLower(p.log.String()), "permissions violation") {
			t.Errorf("selene %s may not do on the broker what it does", strings.Join(args, " "))
		}
		if t.Failed() {
			t.Logf("selene %s:\n%s", strings.Join(args, " "), p.log)
		}
	})
	return p
}

// kill is kill -9.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.done
}

// freeAddr returns a free loopback address.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// installation is a running Selene.
type installation struct {
	t    testing.TB
	addr string
}

// up starts everything in one process with the settings document.
func up(t testing.TB, settings string, env ...string) *installation {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "settings.json")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	i := &installation{t, freeAddr(t)}
	p := start(t, env, "up", "--addr", i.addr, "--data", filepath.Join(dir, "data"), "--settings", file)
	i.waitReady(p)
	return i
}

func (i *installation) waitReady(parts ...*process) {
	i.t.Helper()
	streamstest.Eventually(i.t, func() error {
		for _, p := range parts {
			select {
			case <-p.done:
				i.t.Fatalf("a process ended:\n%s", p.log)
			default:
			}
		}
		answer, err := http.Get("http://" + i.addr + "/readyz")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", answer.Status, body)
		}
		return err
	})
}

// get calls the REST API.
func (i *installation) get(path string, header ...string) (*http.Response, []byte) {
	i.t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+i.addr+path, nil)
	if err != nil {
		i.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	for n := 0; n+1 < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		i.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		i.t.Fatal(err)
	}
	return answer, body
}

// line is one line of `replay --json`.
type line struct {
	Command     string          `json:"command"`
	Session     string          `json:"session"`
	Seq         int             `json:"seq"`
	Errors      []int           `json:"errors"`
	Estimations json.RawMessage `json:"estimations"`
	JWT         string          `json:"jwt"`
	Error       int             `json:"error"`
	Code        int             `json:"code"`
	Reason      string          `json:"reason"`
}

// played holds a replay's output and exit code.
type played struct {
	lines []line
	exit  int
}

func (p played) last() line {
	if len(p.lines) == 0 {
		return line{}
	}
	return p.lines[len(p.lines)-1]
}

func (p played) find(command string) (line, bool) {
	for _, l := range p.lines {
		if l.Command == command {
			return l, true
		}
	}
	return line{}, false
}

// codes counts the frames per code.
func (p played) codes() map[int]int {
	out := map[int]int{}
	for _, l := range p.lines {
		for _, c := range l.Errors {
			out[c]++
		}
	}
	return out
}

// replay plays source to the installation and calls each for every line.
func (i *installation) replay(source string, each func(line), args ...string) played {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append([]string{"replay", source, "--to", "ws://" + i.addr + "/ws", "--json"}, args...)...)
	cmd.Dir = root(i.t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		i.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	var p played
	scan := bufio.NewScanner(out)
	scan.Buffer(nil, 32<<20)
	for scan.Scan() {
		var l line
		if err := json.Unmarshal(scan.Bytes(), &l); err != nil {
			i.t.Errorf("replay printed no JSON: %q", scan.Text())
			continue
		}
		p.lines = append(p.lines, l)
		if each != nil {
			each(l)
		}
	}
	if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() < 0 {
		i.t.Fatalf("replay: %v", err)
	}
	p.exit = cmd.ProcessState.ExitCode()
	if p.exit == 1 {
		i.t.Logf("replay: %s", stderr.String())
	}
	return p
}

func dial(addr string) (net.Conn, error) { return net.DialTimeout("tcp", addr, time.Second) }
