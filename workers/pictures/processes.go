package pictures

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/workers/vision"
)

// Options configure Processes.
type Options struct {
	// Command is the program with its arguments that calls Serve on its standard input and output.
	Command []string
	// Env is the environment of the processes besides PATH, TMPDIR and LD_LIBRARY_PATH.
	Env []string
	// Pictures is the number of pictures that are decoded at the same time, also while one process is replaced.
	Pictures int
}

// A picture has this much processor time, and so long until the process is given up whatever it waits for. What cameras and encoders
// make takes a small part of it. Processor time does not pass faster when others use the machine.
const (
	pictureCPU  = time.Second
	pictureTime = 5 * time.Second
)

// Processes decodes each picture in one of several processes, which go on with the next one. Their number is that of Options.Pictures and
// one more, so that pictures need not wait while a process that was killed is replaced.
type Processes struct {
	options Options
	jobs    chan *job
}

// job is a picture to be decoded.
type job struct {
	kind uint32
	data []byte
	// take gets the answer, which is valid until it returns.
	take func(a message, answer []byte) error
	done chan error
	// again is set when a process was killed from outside while it had the picture.
	again bool
}

// NewProcesses returns a decoder that works while Run does.
func NewProcesses(o Options) *Processes { return &Processes{options: o, jobs: make(chan *job)} }

// Run keeps the processes running until ctx is done. It returns an error if one cannot be started.
func (p *Processes) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for range p.options.Pictures + 1 {
		group.Go(func() error { return p.keep(ctx) })
	}
	return group.Wait()
}

// keep gives pictures to one process after another.
func (p *Processes) keep(ctx context.Context) (err error) {
	memory, file, err := newShared()
	if err != nil {
		return fmt.Errorf("decode pictures: %w", err)
	}
	defer file.Close()
	defer memory.free()
	var next *job // that the process before left
	defer func() {
		if next != nil {
			next.done <- cmp.Or(err, ctx.Err())
		}
	}()
	for {
		c, err := p.start(ctx, memory, file)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("start a process that decodes pictures: %w (it is this program, run again: see that memory and processes are "+
				"not limited too much, and that the program may be executed)", err)
		}
		next = p.use(ctx, c, next)
		c.close()
		if ctx.Err() != nil {
			return nil
		}
	}
}

const (
	startTries = 5
	startPause = 50 * time.Millisecond // doubled each time
)

// start starts a process. It tries again, since the system may be short of memory or processes for a moment.
func (p *Processes) start(ctx context.Context, memory shared, file *os.File) (c *process, err error) {
	for n := range startTries {
		if c, err = start(ctx, p.options, memory, file); err == nil {
			return c, nil
		}
		select {
		case <-time.After(startPause << n):
		case <-ctx.Done():
		}
	}
	return nil, err
}

// use gives pictures to a process until it ends, the first of which may be given. It returns one that is for the next process, or nil.
func (p *Processes) use(ctx context.Context, c *process, next *job) *job {
	for {
		if next == nil {
			select {
			case <-ctx.Done():
				return nil
			case <-c.ended:
				slog.Warn("a process that decodes pictures has ended and is replaced", "reason", c.epitaph())
				return nil
			case next = <-p.jobs:
			}
		}
		alive, err := c.do(next)
		if errors.Is(err, errGone) {
			return next
		}
		if !alive && ctx.Err() != nil {
			err = ctx.Err()
		}
		next.done <- err
		if !alive {
			return nil
		}
		next = nil
	}
}

// Decode decodes a picture as vision.Decoder does, to the same pixels. It waits for a free process until ctx is done.
func (p *Processes) Decode(ctx context.Context, data []byte, img *vision.Image) error {
	return p.submit(ctx, askPixels, data, func(a message, answer []byte) error {
		if uint64(a.width)*uint64(a.height)*3 != uint64(len(answer)) || len(answer) == 0 {
			return fmt.Errorf("%w: the decoder returned %d bytes for %d x %d pixels", vision.ErrUndecodable, len(answer), a.width, a.height)
		}
		img.Pix = append(img.Pix[:0], answer...)
		img.Width, img.Height = int(a.width), int(a.height)
		return nil
	})
}

// Luma returns the brightness that a JPEG stores, or nil.
func (p *Processes) Luma(ctx context.Context, data []byte) (luma []byte, err error) {
	err = p.submit(ctx, askLuma, data, func(_ message, answer []byte) error {
		luma = append(luma, answer...)
		return nil
	})
	return luma, err
}

func (p *Processes) submit(ctx context.Context, kind uint32, data []byte, take func(message, []byte) error) error {
	if len(data) > fileBytes {
		return fmt.Errorf("%w: it has %d bytes; at most %d are allowed", vision.ErrUndecodable, len(data), fileBytes)
	}
	j := &job{kind: kind, data: data, take: take, done: make(chan error, 1)}
	select {
	case p.jobs <- j:
		return <-j.done
	case <-ctx.Done():
		return ctx.Err()
	}
}
