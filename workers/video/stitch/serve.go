package stitch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/asticode/go-astiav"

	"github.com/selene-liveness/selene/workers/internal/child"
	"github.com/selene-liveness/selene/workers/vision/decode"
)

// serveLimits are far above what jobs take: pictures of 12 megapixels take 1.4 GiB and a second each with the most demanding codec,
// videos of 8K about three times as much. The time is for each frame, and for what follows the last.
var serveLimits = child.Limits{Memory: 6 << 30, CPU: 5 * time.Minute}

// Serve is the main function of the encoder process: it reads one job from in, as Encoder writes it, encodes the video and
// writes the result to out as one line. FFmpeg logs errors to stderr. The result of a failed job is its error; the returned
// error is that of in or out. Serve limits the memory and the processor time of this process, and kills it when a frame takes
// longer.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	extend, err := serveLimits.Apply()
	if err != nil {
		return err
	}
	return serve(ctx, in, out, extend)
}

// serve calls extend before it reads each frame.
func serve(ctx context.Context, in io.Reader, out io.Writer, extend func() error) error {
	decode.SilenceFFmpeg()
	astiav.SetLogLevel(astiav.LogLevelError)
	r := bufio.NewReaderSize(in, 1<<16)
	header, err := readHeader(r)
	if err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	line := resultLine(job(ctx, header, func(context.Context) (Frame, error) {
		if err := extend(); err != nil {
			return Frame{}, err
		}
		return readFrame(r)
	}))
	line.PeakRSS = peakRSS("self")
	data, err := json.Marshal(line)
	if err != nil {
		return err
	}
	if _, err := out.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

func job(ctx context.Context, h wireHeader, next Source) (Result, error) {
	if err := h.Options.Check(); err != nil {
		return Result{}, err
	}
	return write(ctx, next, h.Options, h.File)
}

// peakRSS returns the peak resident memory of a process in bytes, 0 when it is unknown. The value that wait returns would
// include the memory of the parent at the time of the fork.
func peakRSS(process string) int64 {
	status, err := os.ReadFile("/proc/" + process + "/status") //nolint:gosec // a process ID of this program
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("\nVmHWM:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kib * 1024
}
