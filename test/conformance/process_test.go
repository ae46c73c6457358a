package conformance

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/streamstest"
)

// process is a running worker.
type process struct {
	cmd     *exec.Cmd
	metrics string
	done    chan struct{}
	log     *output
}

type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start starts a process of the worker, which is killed at the end of the test if it is still running.
func (b *bench) start(t testing.TB) *process {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	p := &process{
		cmd: exec.Command(b.subject.command[0], b.subject.command[1:]...), metrics: l.Addr().String(),
		done: make(chan struct{}), log: &output{},
	}
	if p.cmd.Dir, err = filepath.Abs("../.."); err != nil {
		t.Fatal(err)
	}
	p.cmd.Env = append(os.Environ(), "SELENE_NATS_URL="+b.url, streamstest.MasterKey, "SELENE_METRICS_ADDR="+p.metrics, fmt.Sprint("SELENE_CONCURRENCY=", b.concurrency))
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		p.cmd.Wait() // how it ended is in ProcessState
	}()
	b.root.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.done
		if b.root.Failed() {
			b.root.Logf("%s said:\n%s", strings.Join(b.subject.command, " "), p.log)
		}
	})
	streamstest.Eventually(t, func() error {
		select {
		case <-p.done:
			t.Fatalf("the process has ended: %v", p.cmd.ProcessState)
		default:
		}
		_, err := p.read()
		return err
	})
	return p
}

// kill is kill -9.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.done
}

// stopTime limits how long a worker may take to end after SIGTERM.
const stopTime = time.Minute

// stop sends SIGTERM to the process and waits for its end.
func (p *process) stop(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
		if code := p.cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("told to stop (SIGTERM), it ended with %v, want exit code 0", p.cmd.ProcessState)
		}
	case <-time.After(stopTime):
		p.kill()
		t.Fatalf("told to stop (SIGTERM), it was still there after %s", stopTime)
	}
}

// read returns the process's metrics by name and labels.
func (p *process) read() (map[string]float64, error) {
	answer, err := http.Get("http://" + p.metrics + "/metrics")
	if err != nil {
		return nil, fmt.Errorf("metrics at SELENE_METRICS_ADDR: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("metrics: %s", answer.Status)
	}
	out := map[string]float64{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		line := lines.Text()
		at := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || at < 0 {
			continue
		}
		if out[line[:at]], err = strconv.ParseFloat(line[at+1:], 64); err != nil {
			return nil, fmt.Errorf("metrics: %q: %w", line, err)
		}
	}
	return out, lines.Err()
}

// usage is a process's resource usage.
type usage struct {
	descriptors int
	goroutines  float64 // 0 where the process has none
	resident    int64   // bytes
}

func (p *process) usage() (u usage, err error) {
	dir := fmt.Sprintf("/proc/%d", p.cmd.Process.Pid)
	open, err := os.ReadDir(dir + "/fd")
	if err != nil {
		return u, err
	}
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return u, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				return u, err
			}
			u.resident = kilobytes << 10
		}
	}
	if u.resident == 0 {
		return u, errors.New("no resident size")
	}
	samples, err := p.read()
	u.descriptors, u.goroutines = len(open), samples["go_goroutines"]
	return u, err
}
