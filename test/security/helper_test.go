package security

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/streamstest"
)

const adminToken = "security-test-security-test-token"

// build returns the path of the program, which is built once.
var build = sync.OnceValues(func() (string, error) {
	path := filepath.Join(programs, "selene")
	if out, err := exec.Command("go", "build", "-o", path, "../../deploy/selene").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

var programs string // folder of what was built

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if programs, err = os.MkdirTemp("", "selene-security-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(programs)
		return m.Run()
	}())
}

// installation is everything in one process, as `selene up` starts it, seen from outside.
type installation struct {
	t    testing.TB
	addr string
	data string // its folder
	pid  int
	done chan struct{} // closed when the process has ended

	program, settings, root string
	more                    []string // further arguments
	stop                    func()
}

// up starts an installation on which one address is a whole crowd: the limits per address are far away, since they are not what is
// attacked. Its processes and files go with the test.
func up(t testing.TB, settings string, more ...string) *installation {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "workers/vision/packs/base/pack.json")); err != nil {
		t.Skip("skipped: model pack base is not installed (make setup)")
	}
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i := &installation{t: t, addr: listener.Addr().String(), data: filepath.Join(t.TempDir(), "data"), program: program, root: root, more: more}
	listener.Close()
	i.settings = filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(i.settings, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	i.start()
	t.Cleanup(func() { i.stop() })
	return i
}

// start starts the installation on what its folder holds, and waits until it is ready.
func (i *installation) start() {
	i.t.Helper()
	output := &bytes.Buffer{}
	cmd := exec.Command(i.program, append([]string{
		"up", "--addr", i.addr, "--data", i.data, "--settings", i.settings, "--pack", "base",
	}, i.more...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = i.root, output, output
	cmd.Env = append(os.Environ(), "SELENE_ADMIN_TOKEN="+adminToken, "SELENE_RATE_LIMIT=0", "SELENE_SESSION_TOKENS=optional")
	if err := cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	i.pid, i.done = cmd.Process.Pid, make(chan struct{})
	done := i.done
	go func() {
		defer close(done)
		cmd.Wait()
	}()
	i.stop = sync.OnceFunc(func() {
		cmd.Process.Signal(os.Interrupt)
		select {
		case <-done:
		case <-time.After(streamstest.Timeout):
			cmd.Process.Kill()
			<-done
			i.t.Error("selene up did not stop")
		}
		if text := output.String(); i.t.Failed() {
			i.t.Logf("selene up, the end of its output:\n%s", text[max(0, len(text)-4000):])
		}
	})
	streamstest.Eventually(i.t, i.ready)
}

// ready returns nil if the installation is ready for sessions.
func (i *installation) ready() error {
	select {
	case <-i.done:
		i.t.Fatal("selene up has ended")
	default:
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
}

// residentKiB returns the memory of a process, KiB. What several processes share, such as the program itself, counts once in all.
func residentKiB(t testing.TB, pid int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(data, []byte("\nPss:"))
	size, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
	if err != nil {
		t.Fatal(err)
	}
	return size
}
