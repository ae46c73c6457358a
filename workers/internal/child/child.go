// Package child runs processes of this program that do what may go wrong: work with C libraries on bytes from outside.
package child

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// outputWait bounds the wait for the output of a dead process, which a process that it started could hold open.
const outputWait = time.Second

// Command returns a command that is killed when ctx is done or this process dies. It gets the environment env besides PATH, TMPDIR and
// LD_LIBRARY_PATH, and nothing else of this one: a decoder must not have the parent's secrets.
func Command(ctx context.Context, command, env []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // this program, or the operator's own
	cmd.WaitDelay = outputWait
	cmd.Env = append(inherited(), env...)
	// Its own group: an interrupt from the terminal is handled by the parent.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	return cmd
}

// Start starts cmd with a niceness, on a separate thread, and returns a channel that is closed when it has ended; then
// cmd.ProcessState tells how. For Linux, a process's parent has died when the thread that started it ends, and a process inherits the
// priority of that thread. A thread cannot raise its priority again, so it ends with the process.
func Start(cmd *exec.Cmd, nice int) (ended <-chan struct{}, err error) {
	started, end := make(chan error), make(chan struct{})
	go func() {
		defer close(end)
		runtime.LockOSThread()
		if nice != 0 {
			// It fails when this process has a higher niceness already.
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, nice)
		}
		err := cmd.Start()
		started <- err
		if err == nil {
			// The process state has more details.
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start the process %q: %w", cmd.Args, err)
	}
	return end, nil
}

// inherited returns the part of this environment that any program may need.
func inherited() []string {
	// One heap for all threads that keeps freed memory: pictures are allocated and freed all the time, and a new mapping
	// costs a page fault every 4 KiB.
	env := []string{"MALLOC_ARENA_MAX=1", "MALLOC_TRIM_THRESHOLD_=67108864", "MALLOC_MMAP_THRESHOLD_=33554432"}
	for _, name := range []string{"PATH", "TMPDIR", "LD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// Signal returns the signal that killed a process, or 0.
func Signal(state *os.ProcessState) syscall.Signal {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal()
	}
	return 0
}

// Tail keeps the end of what is written to it.
type Tail struct {
	Limit int // bytes
	Kept  []byte
}

// Write never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.Kept = append(t.Kept, p[max(0, len(p)-t.Limit):]...)
	t.Kept = append(t.Kept[:0], t.Kept[max(0, len(t.Kept)-t.Limit):]...)
	return len(p), nil
}
