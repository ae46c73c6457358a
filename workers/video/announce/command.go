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
	path    string // empty = off
	args    []string
	timeout time.Duration
	files   *addresses
}

// outputWait bounds the wait for output that the children of a finished program still hold open.
const outputWait = time.Second

func newCommand(line string, timeout time.Duration, files *addresses) (*command, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return &command{}, nil
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return nil, err
	}
	return &command{path, words[1:], timeout, files}, nil
}

// announce runs the program with the record on its standard input and in its environment. Exit status 0 is success.
func (c *command) announce(ctx context.Context, status *schemas.VideoStatus) (outcome, error) {
	if c.path == "" || status.GetStatus() == schemas.VideoCanceled {
		return outcome{}, nil
	}
	record, err := c.files.record(ctx, status)
	if err != nil {
		return outcome{}, err
	}
	input, err := record.json()
	if err != nil {
		return outcome{}, err
	}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	output := &lastBytes{}
	run := exec.CommandContext(limited, c.path, c.args...) //nolint:gosec // the operator's own command, without a shell
	run.Stdin, run.Stdout, run.Stderr = bytes.NewReader(input), output, output
	run.Env = append(withoutOurs(os.Environ()), record.environment()...)
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	run.WaitDelay = outputWait
	run.Cancel = func() error { return syscall.Kill(-run.Process.Pid, syscall.SIGKILL) }
	if err = run.Run(); errors.Is(err, exec.ErrWaitDelay) {
		err = nil // the program is done and left a child running in the background
	}
	result := outcome{c.path, output.String()}
	switch {
	case limited.Err() != nil && ctx.Err() == nil && err != nil:
		return result, fmt.Errorf("%s: killed after %s: %s", c.path, c.timeout, output)
	case err != nil:
		return result, fmt.Errorf("%s: %w: %s", c.path, err, output)
	}
	return result, nil
}

// withoutOurs removes the configuration of this process, which includes keys and tokens.
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

// lastBytes keeps the end of the data written to it.
type lastBytes struct{ data []byte }

const maxOutput = 1024

func (t *lastBytes) Write(p []byte) (int, error) {
	t.data = append(t.data, p[max(0, len(p)-maxOutput):]...)
	t.data = t.data[max(0, len(t.data)-maxOutput):]
	return len(p), nil
}

func (t *lastBytes) String() string {
	return strings.TrimSpace(strings.ToValidUTF8(string(t.data), "?"))
}
