package stitch

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/selene-liveness/selene/workers/internal/child"
)

// Encoder encodes each video in a separate process, so that FFmpeg may crash on an image from outside, or be killed for
// its memory, without affecting other work. It is safe for concurrent use.
type Encoder struct {
	// Command is the program with its arguments that calls Serve on its standard input and output.
	Command []string
	// Env is the environment of the process besides PATH, TMPDIR and LD_LIBRARY_PATH. Nothing else is inherited: a decoder
	// must not have the parent's secrets.
	Env []string
	// Nice is the niceness of the process, 1 to 19 (lowest priority). 0 means 10.
	Nice int
}

// Usage is the cost of a video.
type Usage struct {
	// PeakRSS is the peak resident memory of the process in bytes. After a crash it may be too high: up to the peak of this
	// process.
	PeakRSS int64
	// CPU is the processor time of all cores together.
	CPU time.Duration
}

// CrashError reports that an encoder process died without a result. Another try may succeed.
type CrashError struct {
	// Signal is the signal that killed it, 0 when it exited with the status Exit.
	Signal syscall.Signal
	Exit   int
	// Stderr is the end of its standard error.
	Stderr string
}

func (e *CrashError) Error() string {
	how := fmt.Sprintf("exited with status %d", e.Exit)
	if e.Signal != 0 {
		how = fmt.Sprintf("was killed by signal %d (%v)", int(e.Signal), e.Signal)
	}
	if output := strings.TrimSpace(e.Stderr); output != "" {
		return fmt.Sprintf("the encoder process %s: %s", how, output)
	}
	return fmt.Sprintf("the encoder process %s", how)
}

const (
	defaultNice = 10
	maxAnswer   = 64 << 10
	maxStderr   = 4 << 10
)

// Stitch does the same as the function Stitch, in a separate process. Frames are read as the process accepts them, at most
// a few ahead. progress, which may be nil, is called with the number of frames it has accepted, from the goroutine that
// calls Stitch.
//
// When ctx is done, or next fails, the process is killed. An unfinished video leaves no file. The error is a
// *CrashError when the process died for another reason. The process never outlives this one.
func (e Encoder) Stitch(ctx context.Context, next Source, opts Options, progress func(framesWritten int)) (Result, Usage, error) {
	if err := opts.Check(); err != nil {
		return Result{}, Usage{}, err
	}
	if len(e.Command) == 0 {
		return Result{}, Usage{}, errors.New("the encoder has no command; set Command to a program that calls Serve")
	}
	var res Result
	var usage Usage
	err := atomically(opts.Path, func(tmp string) (err error) {
		res, usage, err = e.run(ctx, next, wireHeader{opts, tmp}, progress)
		return err
	})
	if err != nil {
		return Result{}, usage, fmt.Errorf("stitch %s: %w", opts.Path, err)
	}
	return res, usage, nil
}

func (e Encoder) run(ctx context.Context, next Source, h wireHeader, progress func(int)) (Result, Usage, error) {
	// The end of the process also cancels a next that is waiting for frames.
	alive, kill := context.WithCancel(ctx)
	defer kill()
	cmd := child.Command(alive, e.Command, e.Env)
	answer, stderr := &child.Tail{Limit: maxAnswer}, &child.Tail{Limit: maxStderr}
	cmd.Stdout, cmd.Stderr = answer, stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return Result{}, Usage{}, err
	}
	ended, err := child.Start(cmd, cmp.Or(e.Nice, defaultNice))
	if err != nil {
		return Result{}, Usage{}, err
	}
	go func() {
		<-ended
		kill()
	}()
	feedErr := feed(alive, in, next, h, progress)
	if feedErr != nil {
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
	if feedErr != nil && !errors.Is(feedErr, errProcessEnded) {
		return Result{}, usage, feedErr
	}
	var line wireResult
	if err := json.Unmarshal(answer.Kept, &line); err != nil {
		return Result{}, usage, crash(cmd.ProcessState, stderr)
	}
	usage.PeakRSS = line.PeakRSS
	res, err := line.result()
	if line.Kind == kindFailed {
		err = withLog(err, stderr)
	}
	return res, usage, err
}

// errProcessEnded reports that the process accepts no more frames, for its own reason.
var errProcessEnded = errors.New("the encoder process has ended")

// feed writes the job to the process.
func feed(ctx context.Context, in io.WriteCloser, next Source, h wireHeader, progress func(int)) error {
	defer in.Close()
	w := bufio.NewWriterSize(in, 1<<16)
	classify := func(err error) error {
		if ctx.Err() != nil || errors.Is(err, syscall.EPIPE) || errors.Is(err, os.ErrClosed) {
			return errProcessEnded
		}
		return err
	}
	if err := writeHeader(w, h); err != nil {
		return classify(err)
	}
	for n := 0; ; n++ {
		frame, err := next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return classify(fmt.Errorf("read frame %d: %w", n, err))
		}
		if err := writeFrame(w, frame); err != nil {
			return classify(fmt.Errorf("frame %d: %w", n, err))
		}
		if progress != nil {
			progress(n + 1)
		}
	}
	if err := errors.Join(writeEnd(w), w.Flush()); err != nil {
		return classify(err)
	}
	return nil
}

func crash(state *os.ProcessState, stderr *child.Tail) *CrashError {
	return &CrashError{Signal: child.Signal(state), Exit: state.ExitCode(), Stderr: string(stderr.Kept)}
}

// withLog adds the last line of FFmpeg's log, except for messages about broken images.
func withLog(err error, stderr *child.Tail) error {
	lines := strings.Split(strings.TrimSpace(string(stderr.Kept)), "\n")
	last := lines[len(lines)-1]
	if last == "" || strings.HasPrefix(last, "[mjpeg") || strings.HasPrefix(last, "[png") {
		return err
	}
	return fmt.Errorf("%w (FFmpeg: %s)", err, last)
}
