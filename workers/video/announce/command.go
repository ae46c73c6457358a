package announce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// command is a program that is run for each video.
type command struct {
	path    string // empty = none
	args    []string
	timeout time.Duration
	url     string
}

// letGo is how long output is waited for that a finished program's children still hold open.
const letGo = time.Second

func newCommand(line string, timeout time.Duration, url string) (*command, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return &command{}, nil
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return nil, err
	}
	return &command{path, words[1:], timeout, url}, nil
}

// tell runs the program with the record on its standard input and in its environment. It is told when it exits with 0.
func (c *command) tell(ctx context.Context, status *schemas.VideoStatus) (outcome, error) {
	if c.path == "" || status.GetStatus() == schemas.VideoCanceled {
		return outcome{}, nil
	}
	record := newRecord(status, c.url)
	input, err := record.json()
	if err != nil {
		return outcome{}, err
	}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	said := &tail{}
	run := exec.CommandContext(limited, c.path, c.args...)
	run.Stdin, run.Stdout, run.Stderr = bytes.NewReader(input), said, said
	run.Env = append(withoutOurs(os.Environ()), record.environment()...)
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	run.WaitDelay = letGo
	run.Cancel = func() error { return syscall.Kill(-run.Process.Pid, syscall.SIGKILL) }
	if err = run.Run(); errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it left something running in the background, and itself is done
	}
	told := outcome{c.path, said.String()}
	switch {
	case limited.Err() != nil && ctx.Err() == nil && err != nil:
		return told, fmt.Errorf("%s: killed after %s: %s", c.path, c.timeout, said)
	case err != nil:
		return told, fmt.Errorf("%s: %w: %s", c.path, err, said)
	}
	return told, nil
}

// withoutOurs leaves out what the environment tells this process: keys and tokens among it.
func withoutOurs(environment []string) (out []string) {
	for _, variable := range environment {
		if !strings.HasPrefix(variable, "SELENE_") {
			out = append(out, variable)
		}
	}
	return out
}

func (r *Record) environment() []string {
	return []string{
		"SELENE_SESSION=" + r.Session, "SELENE_JOB=" + r.Job, "SELENE_FILE=" + r.File, "SELENE_CODEC=" + r.Codec,
		"SELENE_FRAMES=" + strconv.Itoa(int(r.Frames)), "SELENE_DURATION=" + strconv.FormatFloat(r.Duration, 'f', 3, 64),
		"SELENE_RESULT=" + r.Result, "SELENE_REASON=" + strings.ReplaceAll(r.Reason, "\x00", ""),
	}
}

// tail keeps the end of what is written to it.
type tail struct{ data []byte }

const tailBytes = 1024

func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p[max(0, len(p)-tailBytes):]...)
	t.data = t.data[max(0, len(t.data)-tailBytes):]
	return len(p), nil
}

func (t *tail) String() string { return strings.TrimSpace(strings.ToValidUTF8(string(t.data), "?")) }
