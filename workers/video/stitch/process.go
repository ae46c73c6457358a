package stitch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Encoder makes videos in processes of their own: what FFmpeg does with images from outside can crash, or be killed for
// its memory, without harm to anybody. It may be used by several goroutines at once.
type Encoder struct {
	// Command is the program with its arguments that calls Serve on its standard input and output.
	Command []string
	// Env is what the process finds in its environment beside PATH, TMPDIR and LD_LIBRARY_PATH: the parent's secrets are
	// not for a decoder.
	Env []string
	// Nice is the process's priority, 1 to 19 (least). 0 means 10.
	Nice int
}

// Usage is what a video has cost.
type Usage struct {
	// PeakRSS is the most memory in bytes that the process had in RAM. After a crash it may be more than that: at most what
	// this process had.
	PeakRSS int64
	// CPU is the processor time, on all cores.
	CPU time.Duration
}

// CrashError says that an encoder process died without an answer. Another try may well succeed.
type CrashError struct {
	// Signal is what killed it, 0 when it ended by itself with the exit status Exit.
	Signal syscall.Signal
	Exit   int
	// Stderr is the end of what it said.
	Stderr string
}

func (e *CrashError) Error() string {
	how := fmt.Sprintf("ended with status %d", e.Exit)
	if e.Signal != 0 {
		how = fmt.Sprintf("was ended by signal %d (%v)", int(e.Signal), e.Signal)
	}
	if said := strings.TrimSpace(e.Stderr); said != "" {
		return fmt.Sprintf("the encoder process %s; it said: %s", how, said)
	}
	return fmt.Sprintf("the encoder process %s", how)
}

const (
	defaultNice = 10
	maxAnswer   = 64 << 10
	maxStderr   = 4 << 10
	// drainTime is how long a dead process's output may stay open, which only a process that it started could do.
	drainTime = time.Second
)

// Stitch is the function Stitch in a process of its own; see there. Frames are read as the process takes them, a few
// ahead at most, and progress (nil for none) hears how many it has taken, from the goroutine that calls Stitch.
//
// When ctx is done, or next fails, the process is killed. Nothing is left of a video that did not become whole. The error
// is a *CrashError when the process died of something else. The process never outlives this one.
func (e Encoder) Stitch(ctx context.Context, next Source, opts Options, progress func(framesWritten int)) (Result, Usage, error) {
	if err := opts.Check(); err != nil {
		return Result{}, Usage{}, err
	}
	if len(e.Command) == 0 {
		return Result{}, Usage{}, errors.New("the encoder has no command; name the program that serves as its process")
	}
	var res Result
	var usage Usage
	err := whole(opts.Path, func(tmp string) (err error) {
		res, usage, err = e.run(ctx, next, wireHeader{opts, tmp}, progress)
		return err
	})
	if err != nil {
		return Result{}, usage, fmt.Errorf("stitch %s: %w", opts.Path, err)
	}
	return res, usage, nil
}

func (e Encoder) run(ctx context.Context, next Source, h wireHeader, progress func(int)) (Result, Usage, error) {
	// The end of the process also ends a next that is waiting for frames.
	alive, kill := context.WithCancel(ctx)
	defer kill()
	cmd := exec.CommandContext(alive, e.Command[0], e.Command[1:]...)
	cmd.WaitDelay = drainTime
	cmd.Env = append(inherited(), e.Env...)
	// Its own group: an interrupt typed at the terminal is for the parent to handle.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	answer, said := &tail{limit: maxAnswer}, &tail{limit: maxStderr}
	cmd.Stdout, cmd.Stderr = answer, said
	in, err := cmd.StdinPipe()
	if err != nil {
		return Result{}, Usage{}, err
	}
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		defer kill()
		e.oversee(cmd, started)
	}()
	if err := <-started; err != nil {
		return Result{}, Usage{}, fmt.Errorf("start the encoder process %q: %w", e.Command, err)
	}
	fed := feed(alive, in, next, h, progress)
	if fed != nil {
		kill()
	}
	<-ended

	usage := Usage{
		PeakRSS: cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss * 1024,
		CPU:     cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
	}
	if ctx.Err() != nil {
		return Result{}, usage, ctx.Err()
	}
	if fed != nil && !errors.Is(fed, errGone) {
		return Result{}, usage, fed
	}
	var line wireResult
	if err := json.Unmarshal(answer.kept, &line); err != nil {
		return Result{}, usage, crash(cmd.ProcessState, said)
	}
	usage.PeakRSS = line.PeakRSS
	res, err := line.result()
	if line.Kind == kindFailed {
		err = withLog(err, said)
	}
	return res, usage, err
}

// oversee starts the process and waits for its end, on a thread of its own: Linux takes the end of the thread that started
// a process for the end of its parent, and gives a process the priority of that thread. A thread cannot get its priority
// back, so it ends with the goroutine.
func (e Encoder) oversee(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	nice := e.Nice
	if nice == 0 {
		nice = defaultNice
	}
	// It fails where this process is nicer already.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, nice)
	err := cmd.Start()
	started <- err
	if err == nil {
		// The answer and the process's state say more.
		_ = cmd.Wait()
	}
}

// errGone says that the process takes no more frames, for a reason of its own.
var errGone = errors.New("the encoder process has gone")

// feed writes the job to the process.
func feed(ctx context.Context, in io.WriteCloser, next Source, h wireHeader, progress func(int)) error {
	defer in.Close()
	w := bufio.NewWriterSize(in, 1<<16)
	gone := func(err error) error {
		if ctx.Err() != nil || errors.Is(err, syscall.EPIPE) || errors.Is(err, os.ErrClosed) {
			return errGone
		}
		return err
	}
	if err := writeHeader(w, h); err != nil {
		return gone(err)
	}
	for n := 0; ; n++ {
		frame, err := next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return gone(fmt.Errorf("read frame %d: %w", n, err))
		}
		if err := writeFrame(w, frame); err != nil {
			return gone(fmt.Errorf("frame %d: %w", n, err))
		}
		if progress != nil {
			progress(n + 1)
		}
	}
	if err := errors.Join(writeEnd(w), w.Flush()); err != nil {
		return gone(err)
	}
	return nil
}

// inherited is what every program may need of this one's environment.
func inherited() []string {
	// One heap for all threads, which keeps what is freed: pictures come and go, and the memory of a new mapping costs a
	// page fault every 4 KiB.
	env := []string{"MALLOC_ARENA_MAX=1", "MALLOC_TRIM_THRESHOLD_=67108864", "MALLOC_MMAP_THRESHOLD_=33554432"}
	for _, name := range []string{"PATH", "TMPDIR", "LD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func crash(state *os.ProcessState, said *tail) *CrashError {
	e := &CrashError{Exit: state.ExitCode(), Stderr: string(said.kept)}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		e.Signal = status.Signal()
	}
	return e
}

// withLog adds what FFmpeg said last, apart from its complaints about broken images.
func withLog(err error, said *tail) error {
	lines := strings.Split(strings.TrimSpace(string(said.kept)), "\n")
	last := lines[len(lines)-1]
	if last == "" || strings.HasPrefix(last, "[mjpeg") || strings.HasPrefix(last, "[png") {
		return err
	}
	return fmt.Errorf("%w (FFmpeg: %s)", err, last)
}

// tail keeps the end of what is written to it.
type tail struct {
	limit int
	kept  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p[max(0, len(p)-t.limit):]...)
	t.kept = append(t.kept[:0], t.kept[max(0, len(t.kept)-t.limit):]...)
	return len(p), nil
}
