package stitch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/selene-liveness/selene/workers/internal/child"
)

// takeTooMuch is the main function of a process with low limits.
func takeTooMuch(what string) {
	if _, err := (child.Limits{Memory: 1 << 30, CPU: time.Second}).Apply(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	sum := 0
	for taken := [][]byte{}; ; sum++ {
		if what == "memory" {
			taken = append(taken, make([]byte, 64<<20))
		}
		if what == "memory" && len(taken) > 100 {
			return // no limit
		}
	}
}

func TestEncoderIsLimited(t *testing.T) {
	for what, signal := range map[string]syscall.Signal{"memory": 0, "cpu": syscall.SIGKILL} {
		greedy := Encoder{Command: []string{"/proc/self/exe"}, Env: []string{greedyEnv + "=" + what}}
		_, _, err := greedy.Stitch(context.Background(), sourceOf(steady(time.Second, marked(t, 1, 64, 64))),
			Options{Codec: H264, Path: filepath.Join(t.TempDir(), "a.mp4")}, nil)
		var crash *CrashError
		if !errors.As(err, &crash) || crash.Signal != signal || crash.Signal == 0 && crash.Exit == 0 {
			t.Errorf("a process that takes too much %s: %v", what, err)
		}
	}
}

// The process limits itself before it reads a frame.
func TestEncoderSetsItsLimits(t *testing.T) {
	limited := errors.New("limited")
	_, _, err := testEncoder().Stitch(t.Context(), func(ctx context.Context) (Frame, error) {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			data := string(mustRead(t, fmt.Sprintf("/proc/%d/limits", childPID(t))))
			if softLimit(data, "Max cpu time") != "unlimited" && softLimit(data, "Max address space") != "unlimited" {
				return Frame{}, limited
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return Frame{}, ctx.Err()
			}
		}
	}, Options{Codec: H264, Path: outPath(t, H264)}, nil)
	if !errors.Is(err, limited) {
		t.Error(err)
	}
}

// softLimit returns a value of the file /proc/PID/limits.
func softLimit(file, name string) string {
	_, rest, _ := strings.Cut(file, name)
	value, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	return value
}
