package stitch

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

const (
	benchFrames = 300
	benchRate   = 30
	benchRuns   = 5
)

// cost is the cost of one video.
type cost struct {
	wall, cpu time.Duration
	rss       int64
	bytes     int64
}

// The same JPEG frames through an encoder process, from memory and from JetStream, and through the ffmpeg program with
// the same encoder, options and threads, alternately. It prints a table of medians; `make bench-video` runs it.
func BenchmarkAgainstFFmpeg(b *testing.B) {
	images := benchImages(b)
	frames := steady(time.Second/benchRate, images...)
	dir := b.TempDir()
	for i, img := range images {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.jpg", i)), img, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	session, conn := storedFrames(b, frames)
	costs := map[Codec]map[string][]cost{}
	for b.Loop() {
		for run := range benchRuns {
			for _, c := range allCodecs {
				opts := Options{Codec: c, Path: filepath.Join(dir, "selene"+c.Ext())}
				kinds := []struct {
					name string
					run  func() cost
				}{
					{"pipe", func() cost { return seleneCost(b, sourceOf(frames), opts) }},
					{"ffmpeg", func() cost { return ffmpegCost(b, dir, opts) }},
					{"stream", func() cost { return seleneCost(b, sourceOfSession(conn, session), opts) }},
				}
				if run%2 == 1 {
					slices.Reverse(kinds)
				}
				for _, k := range kinds {
					if costs[c] == nil {
						costs[c] = map[string][]cost{}
					}
					costs[c][k.name] = append(costs[c][k.name], k.run())
				}
			}
		}
	}
	printCosts(os.Stdout, costs)
}

func printCosts(out io.Writer, costs map[Codec]map[string][]cost) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "\n%d frames, medians of %d paired runs\n", benchFrames, benchRuns)
	fmt.Fprintln(t, "codec\tselene ms\tfrom JetStream ms\tffmpeg ms\tratio\tratio JetStream\tselene CPU ms\tffmpeg CPU ms\tselene MiB\tffmpeg MiB\tselene KB\tffmpeg KB\t")
	for _, c := range allCodecs {
		pipe, stream, ffmpeg := costs[c]["pipe"], costs[c]["stream"], costs[c]["ffmpeg"]
		wall := func(c cost) float64 { return float64(c.wall.Milliseconds()) }
		cpu := func(c cost) float64 { return float64(c.cpu.Milliseconds()) }
		rss := func(c cost) float64 { return float64(c.rss) / (1 << 20) }
		size := func(c cost) float64 { return float64(c.bytes) / 1000 }
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t\n", c,
			median(pipe, wall), median(stream, wall), median(ffmpeg, wall), medianRatio(pipe, ffmpeg), medianRatio(stream, ffmpeg),
			median(pipe, cpu), median(ffmpeg, cpu), median(pipe, rss), median(ffmpeg, rss), median(pipe, size), median(ffmpeg, size))
	}
	t.Flush()
}

func median(costs []cost, of func(cost) float64) float64 {
	var all []float64
	for _, c := range costs {
		all = append(all, of(c))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func medianRatio(ours, theirs []cost) float64 {
	var ratios []float64
	for i := range ours {
		ratios = append(ratios, float64(ours[i].wall)/float64(theirs[i].wall))
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

// benchImages returns JPEG frames of a real face video, or of marks if that is missing.
func benchImages(b *testing.B) (images [][]byte) {
	video, ok := findShared(b, "faces/video/real_zub_webcam_turns.webm")
	if !ok {
		fmt.Fprintln(os.Stdout, "the test media are not beside the repository: the frames are synthetic")
		return markedSequence(b, 0, benchFrames, 960, 540)
	}
	dir := b.TempDir()
	runProgram(b, "ffmpeg", "-v", "error", "-stream_loop", "-1", "-i", video, "-frames:v", strconv.Itoa(benchFrames), "-q:v", "3", filepath.Join(dir, "%04d.jpg"))
	files, err := filepath.Glob(filepath.Join(dir, "*.jpg"))
	if err != nil || len(files) != benchFrames {
		b.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		images = append(images, mustRead(b, f))
	}
	return images
}

func seleneCost(b *testing.B, next Source, opts Options) cost {
	start := time.Now()
	res, usage, err := testEncoder().Stitch(context.Background(), next, opts, nil)
	if err != nil || res.Frames != benchFrames || res.Skipped > 0 {
		b.Fatalf("%+v, %v", res, err)
	}
	return cost{wall: time.Since(start), cpu: usage.CPU, rss: usage.PeakRSS, bytes: res.Bytes}
}

// ffmpegCost runs the program at the priority of an encoder process.
func ffmpegCost(b *testing.B, dir string, opts Options) cost {
	out := filepath.Join(dir, "ffmpeg"+opts.Codec.Ext())
	args := []string{
		"-n", strconv.Itoa(defaultNice), "ffmpeg", "-v", "error", "-y", "-framerate", strconv.Itoa(benchRate), "-i", filepath.Join(dir, "%04d.jpg"),
		"-vf", "scale=out_range=tv:out_color_matrix=bt601,format=yuv420p", "-c:v", profiles[opts.Codec].encoder,
	}
	for k, v := range opts.encoderOptions() {
		args = append(args, "-"+k, v)
	}
	for k, v := range opts.muxerOptions() {
		args = append(args, "-"+k, v)
	}
	if tag := profiles[opts.Codec].tag; tag != "" {
		args = append(args, "-tag:v", tag)
	}
	cmd := exec.Command("nice", append(args, out)...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	// The memory that wait reports would include that of this process at the time of the fork.
	var rss int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.NewTicker(5 * time.Millisecond); ; <-tick.C {
			now := peakRSS(strconv.Itoa(cmd.Process.Pid))
			if now == 0 {
				tick.Stop()
				return
			}
			rss = max(rss, now)
		}
	}()
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	wall := time.Since(start)
	<-done
	info, err := os.Stat(out)
	if err != nil {
		b.Fatal(err)
	}
	return cost{wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), rss: rss, bytes: info.Size()}
}

// storedFrames stores the frames in a broker within this process.
func storedFrames(b *testing.B, frames []Frame) (session string, conn *streams.Conn) {
	conn = streamstest.Connect(b, streamstest.Broker(b, false))
	session = uuid.NewString()
	for i, f := range frames {
		if _, err := conn.PublishFrame(b.Context(), &schemas.Frame{
			Version: schemas.Version, Name: &schemas.FrameName{Session: session, Sequence: uint64(i + 1), Nonce: "bench"},
			Decider: "bench", Image: f.Image, MediaType: "image/jpeg", ReceivedUnixNanos: f.At.UnixNano(),
		}); err != nil {
			b.Fatal(err)
		}
	}
	return session, conn
}

func sourceOfSession(conn *streams.Conn, session string) Source {
	var pull func() (streams.Stored[*schemas.Frame], error, bool)
	return func(ctx context.Context) (Frame, error) {
		if pull == nil {
			pull, _ = iter.Pull2(sessions.New(conn).FramesOf(ctx, session))
		}
		f, err, ok := pull()
		if !ok {
			return Frame{}, io.EOF
		}
		if err != nil {
			return Frame{}, err
		}
		return Frame{Image: f.Message.GetImage(), At: time.Unix(0, f.Message.GetReceivedUnixNanos())}, nil
	}
}

// findShared returns the path of a test file in the folder ../shared beside the repository root.
func findShared(tb testing.TB, name string) (path string, ok bool) {
	tb.Helper()
	path, err := filepath.Abs(filepath.Join("../../../../shared", name))
	if err != nil {
		tb.Fatal(err)
	}
	_, err = os.Stat(path)
	return path, err == nil
}
