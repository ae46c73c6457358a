package pictures

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/selene-liveness/selene/workers/internal/child"
	"github.com/selene-liveness/selene/workers/vision"
)

// process is one decoder process. It is for one goroutine.
type process struct {
	cmd    *exec.Cmd
	kill   context.CancelFunc
	ended  <-chan struct{}
	stderr *head
	in     *os.File
	out    *os.File
	memory shared
}

// startTime is very long: a machine may be busy with other things when many processes start.
const startTime = time.Minute

// start starts a process and waits until it is ready.
func start(ctx context.Context, o Options, memory shared, file *os.File) (*process, error) {
	if len(o.Command) == 0 {
		return nil, errors.New("no command is given; it must be a program that calls Serve")
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, theirIn.Close(), in.Close())
	}
	ctx, kill := context.WithCancel(ctx)
	c := &process{kill: kill, in: in, out: out, memory: memory, stderr: new(head)}
	// One processor: a picture must not take more of them than the worker decodes pictures.
	c.cmd = child.Command(ctx, o.Command, append([]string{"GOMAXPROCS=1"}, o.Env...))
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr, c.cmd.ExtraFiles = theirIn, theirOut, c.stderr, []*os.File{file}
	c.ended, err = child.Start(c.cmd, 0)
	theirIn.Close()
	theirOut.Close()
	if err != nil {
		kill()
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	answer, err := c.read(func() time.Duration { return 0 }, startTime)
	if errors.Is(err, errSlow) {
		err = fmt.Errorf("it was not ready within %v", startTime)
	}
	if err == nil && answer.kind != ready {
		err = fmt.Errorf("it is not a decoder process: it sent %v", answer)
	}
	if err != nil {
		c.close()
		return nil, fmt.Errorf("%w: %s", err, c.epitaph())
	}
	return c, nil
}

// close kills the process and waits for its end.
func (c *process) close() {
	c.kill()
	<-c.ended
	c.in.Close()
	c.out.Close()
}

// epitaph says how the process ended.
func (c *process) epitaph() string {
	how := c.cmd.ProcessState.String()
	first, _, _ := strings.Cut(strings.TrimSpace(string(*c.stderr)), "\n")
	return strings.TrimSuffix(how+": "+first, ": ")
}

// head keeps the beginning of what is written to it: a program that crashes says why in its first line.
type head []byte

func (h *head) Write(p []byte) (int, error) {
	*h = append(*h, p[:min(len(p), maxReason-len(*h))]...)
	return len(p), nil
}

// errGone marks a process that somebody else ended: an operator, or the system for want of memory. Its picture gets another one.
var errGone = errors.New("the process has ended")

// errSlow marks a picture that took too long.
var errSlow = fmt.Errorf("decoding it took more than %v of processor time, or %v", pictureCPU, pictureTime)

// do decodes a picture. Unless alive, the process has ended, or has to be closed.
func (c *process) do(j *job) (alive bool, err error) {
	copy(c.memory.file(), j.data)
	before := c.cpu()
	if _, err := c.in.Write(message{kind: j.kind, bytes: uint32(len(j.data))}.encode()); err != nil {
		return false, errGone
	}
	a, err := c.read(func() time.Duration { return pictureCPU - (c.cpu() - before) }, pictureCPU)
	if err == nil && a.bytes > pixelBytes {
		err = fmt.Errorf("it announced %d bytes", a.bytes)
	}
	if err != nil {
		c.close()
		if !errors.Is(err, errSlow) {
			if killed := child.Signal(c.cmd.ProcessState) == syscall.SIGKILL; killed && !j.again {
				j.again = true
				return false, errGone
			}
			err = fmt.Errorf("its process has ended (%s)", c.epitaph())
		}
		return false, fmt.Errorf("%w: %w", vision.ErrUndecodable, err)
	}
	answer := c.memory.pixels()[:a.bytes]
	if a.kind == decoded {
		err = j.take(a, answer)
	} else {
		err = &refusal{string(answer[:min(len(answer), maxReason)])}
	}
	if trimErr := c.memory.trim(len(answer), len(j.data)); trimErr != nil && err == nil {
		err = trimErr
	}
	return true, err
}

// read reads a message. When first has passed, left says how much longer the process may take, which is as long as it is more than
// nothing, up to pictureTime in all.
func (c *process) read(left func() time.Duration, first time.Duration) (message, error) {
	var b [messageBytes]byte
	end := time.Now().Add(max(first, pictureTime))
	for deadline, got := time.Now().Add(first), 0; ; {
		if err := c.out.SetReadDeadline(deadline); err != nil {
			return message{}, err
		}
		n, err := io.ReadFull(c.out, b[got:])
		if got += n; err == nil {
			return decodeMessage(&b), nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return message{}, err
		}
		more := left()
		if now := time.Now(); more <= 0 || !now.Before(end) {
			return message{}, errSlow
		} else if deadline = now.Add(more); deadline.After(end) {
			deadline = end
		}
	}
}

// cpu returns the processor time that the process has taken, or 0 if it has ended.
func (c *process) cpu() time.Duration {
	// The clock of a process is made of its ID: MAKE_PROCESS_CPUCLOCK of the kernel.
	const scheduled = 2
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^c.cmd.Process.Pid<<3|scheduled), &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// refusal is the reason of a decoder in another process, which wraps vision.ErrUndecodable there.
type refusal struct{ reason string }

func (r *refusal) Error() string { return r.reason }

func (r *refusal) Unwrap() error { return vision.ErrUndecodable }
