package stitch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/streamstest"
)

// The process writes the same bytes as Stitch in this process.
func TestEncoderProcess(t *testing.T) {
	frames := steady(100*time.Millisecond, markedSequence(t, 0, 20, 320, 240)...)
	frames = slices.Insert(frames, 7, Frame{Image: []byte("broken"), At: frames[7].At})
	forAllCodecs(t, func(t *testing.T, c Codec) {
		here, there := outPath(t, c), outPath(t, c)
		want := mustStitch(t, frames, Options{Codec: c, Path: here, Threads: 1})
		var heard []int
		got, usage, err := testEncoder().Stitch(context.Background(), sourceOf(frames), Options{Codec: c, Path: there, Threads: 1},
			func(n int) { heard = append(heard, n) })
		if err != nil {
			t.Fatal(err)
		}
		if got.SkipReason == nil || got.SkipReason.Error() != want.SkipReason.Error() || !got.Start.Equal(want.Start) {
			t.Errorf("result %+v, want %+v", got, want)
		}
		got.SkipReason, want.SkipReason, got.Start, want.Start = nil, nil, time.Time{}, time.Time{}
		if got != want {
			t.Errorf("result %+v, want %+v", got, want)
		}
		if !slices.Equal(heard, count(1, len(frames)+1)) {
			t.Errorf("progress %v", heard)
		}
		if usage.PeakRSS < 10<<20 || usage.PeakRSS > 500<<20 {
			t.Errorf("the process took %d bytes", usage.PeakRSS)
		}
		if a, b := mustRead(t, here), mustRead(t, there); !bytes.Equal(a, b) {
			t.Errorf("the process wrote other bytes: %d, %d", len(a), len(b))
		}
		assertOnly(t, there)
	})
}

// childPID returns the process that this test has started.
func childPID(tb testing.TB) int {
	tb.Helper()
	return childOf(tb, "self")
}

func childOf(tb testing.TB, process string) int {
	tb.Helper()
	files, err := filepath.Glob("/proc/" + process + "/task/*/children")
	if err != nil {
		tb.Fatal(err)
	}
	for _, f := range files {
		if pids := strings.Fields(string(mustRead(tb, f))); len(pids) > 0 {
			pid, err := strconv.Atoi(pids[0])
			if err != nil {
				tb.Fatal(err)
			}
			return pid
		}
	}
	tb.Fatal("there is no encoder process")
	return 0
}

func mustRead(tb testing.TB, path string) []byte {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func assertOnly(tb testing.TB, path string) {
	tb.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			tb.Errorf("%s is left over", e.Name())
		}
	}
}

func TestEncoderKilledInTheMiddle(t *testing.T) {
	const n = 200
	frames := steady(40*time.Millisecond, markedSequence(t, 0, n, 320, 240)...)
	forAllCodecs(t, func(t *testing.T, c Codec) {
		path := outPath(t, c)
		taken := 0
		source := sourceOf(frames)
		_, _, err := testEncoder().Stitch(context.Background(), func(ctx context.Context) (Frame, error) {
			if taken++; taken == n/2 {
				if err := syscall.Kill(childPID(t), syscall.SIGKILL); err != nil {
					t.Error(err)
				}
			}
			return source(ctx)
		}, Options{Codec: c, Path: path}, nil)
		var crash *CrashError
		if !errors.As(err, &crash) || crash.Signal != syscall.SIGKILL {
			t.Fatalf("error %v", err)
		}
		if taken > n/2+20 {
			t.Errorf("%d frames were read for a process that was killed at %d", taken, n/2)
		}
		assertEmpty(t, filepath.Dir(path))

		res, _, err := testEncoder().Stitch(context.Background(), sourceOf(frames), Options{Codec: c, Path: path}, nil)
		if err != nil || res.Frames != n {
			t.Fatalf("the second try: %+v, %v", res, err)
		}
		if got := marksIn(t, path, 320, 240, image.Rect(0, 0, 320, 240)); !slices.Equal(got, count(0, n)) {
			t.Errorf("the second try has the marks %v", got)
		}
		again := outPath(t, c)
		if _, _, err := testEncoder().Stitch(context.Background(), sourceOf(frames), Options{Codec: c, Path: again}, nil); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(mustRead(t, path), mustRead(t, again)) {
			t.Error("two tries give different bytes")
		}
	})
}

// A process that dies while its parent waits for a frame is noticed at once.
func TestEncoderKilledWhileWaiting(t *testing.T) {
	img := marked(t, 1, 64, 64)
	path := outPath(t, H264)
	n := 0
	_, _, err := testEncoder().Stitch(context.Background(), func(ctx context.Context) (Frame, error) {
		if n++; n < 10 {
			return Frame{Image: img, At: testStart}, nil
		}
		if err := syscall.Kill(childPID(t), syscall.SIGSEGV); err != nil {
			t.Error(err)
		}
		<-ctx.Done()
		return Frame{}, ctx.Err()
	}, Options{Codec: H264, Path: path}, nil)
	var crash *CrashError
	if !errors.As(err, &crash) || errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	assertEmpty(t, filepath.Dir(path))
}

func TestEncoderCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	img := marked(t, 1, 64, 64)
	path := outPath(t, VP9)
	pid, n := 0, 0
	_, _, err := testEncoder().Stitch(ctx, func(ctx context.Context) (Frame, error) {
		if n++; n == 50 {
			pid = childPID(t)
			cancel()
			<-ctx.Done()
			return Frame{}, ctx.Err()
		}
		return Frame{Image: img, At: testStart.Add(time.Duration(n) * time.Second)}, nil
	}, Options{Codec: VP9, Path: path}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process is still there: %v", err)
	}
	assertEmpty(t, filepath.Dir(path))
}

func TestEncoderErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.mp4")
	good := steady(time.Second, marked(t, 1, 64, 64))
	lost := errors.New("lost")
	_, _, err := testEncoder().Stitch(context.Background(), func(context.Context) (Frame, error) { return Frame{}, lost }, Options{Codec: H264, Path: path}, nil)
	if !errors.Is(err, lost) {
		t.Errorf("a source that fails: %v", err)
	}
	var none *NoFramesError
	_, _, err = testEncoder().Stitch(context.Background(), sourceOf(steady(0, []byte("x"))), Options{Codec: H264, Path: path}, nil)
	if !errors.As(err, &none) || none.Skipped != 1 || none.Reason == nil {
		t.Errorf("no frames: %v", err)
	}
	// An error of the encoding itself, in the process.
	_, _, err = testEncoder().Stitch(context.Background(), sourceOf([]Frame{{Image: good[0].Image, Draw: Drawing{Texts: []Text{{Corner: 9}}}}}), Options{Codec: H264, Path: path}, nil)
	var crash *CrashError
	if err == nil || errors.As(err, &crash) || !strings.Contains(err.Error(), "corner 9") {
		t.Errorf("a bad corner: %v", err)
	}
	_, _, err = Encoder{Command: []string{"/bin/sh", "-c", "echo oh no >&2; exit 7"}}.Stitch(context.Background(), sourceOf(good), Options{Codec: H264, Path: path}, nil)
	if !errors.As(err, &crash) || crash.Exit != 7 || crash.Signal != 0 || !strings.Contains(err.Error(), "oh no") {
		t.Errorf("a program that fails: %v", err)
	}
	_, _, err = Encoder{Command: []string{"/no/such/program"}}.Stitch(context.Background(), sourceOf(good), Options{Codec: H264, Path: path}, nil)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing program: %v", err)
	}
	_, _, err = Encoder{}.Stitch(context.Background(), sourceOf(good), Options{Codec: H264, Path: path}, nil)
	if err == nil {
		t.Error("no command at all: no error")
	}
	_, _, err = testEncoder().Stitch(context.Background(), sourceOf(good), Options{Codec: H264, Path: filepath.Join(dir, "none", "a.mp4")}, nil)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
	assertEmpty(t, dir)
}

// The encoder of a worker that was killed dies too.
func TestEncoderDiesWithItsParent(t *testing.T) {
	parent := exec.Command("/proc/self/exe")
	parent.Env = append(os.Environ(), parentEnv+"="+filepath.Join(t.TempDir(), "a.mp4"))
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 7)); err != nil {
		t.Fatal(err)
	}
	pid := childOf(t, strconv.Itoa(parent.Process.Pid))
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := parent.Wait(); err == nil {
		t.Error("the parent was not killed")
	}
	streamstest.Eventually(t, func() error {
		// A process that has ended and was not waited for is a zombie.
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && !strings.Contains(string(stat), ") Z ") {
			return fmt.Errorf("the encoder process is still there: %s", stat)
		}
		return nil
	})
}

// The child accepts frames only as fast as it encodes: an endless source cannot fill the memory.
func TestEncoderBackPressure(t *testing.T) {
	img := marked(t, 1, 640, 480)
	pid, n := 0, 0
	stop := errors.New("stop")
	_, _, err := testEncoder().Stitch(context.Background(), func(context.Context) (Frame, error) {
		if n++; n == 1 {
			pid = childPID(t)
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Error(err)
			}
			time.AfterFunc(200*time.Millisecond, func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
		}
		if n == 100_000 {
			return Frame{}, stop
		}
		return Frame{Image: img, At: testStart}, nil
	}, Options{Codec: H264, Path: outPath(t, H264)}, nil)
	var crash *CrashError
	if !errors.As(err, &crash) || n*len(img) > 4<<20 {
		t.Errorf("a stopped process accepted %d frames: %v", n, err)
	}
}

// niceness returns the nice value of every thread of a process.
func niceness(tb testing.TB, process string) map[string]string {
	tb.Helper()
	threads, err := filepath.Glob("/proc/" + process + "/task/*")
	if err != nil || len(threads) == 0 {
		tb.Fatalf("no threads: %v", err)
	}
	nice := map[string]string{}
	for _, thread := range threads {
		if stat, err := os.ReadFile(filepath.Join(thread, "stat")); err == nil { // or it has ended
			// The 17th field after the name in parentheses.
			nice[filepath.Base(thread)] = strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))[16]
		}
	}
	return nice
}

// The threads that started encoders have ended or are idle: no other work runs at their priority.
func TestEncoderDoesNotChangeThisProcessPriority(t *testing.T) {
	own, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	frames := steady(time.Second, markedSequence(t, 0, 20, 64, 64)...)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 3 {
				if _, _, err := testEncoder().Stitch(context.Background(), sourceOf(frames), Options{Codec: H264, Path: outPath(t, H264)}, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	streamstest.Eventually(t, func() error {
		for tid, nice := range niceness(t, "self") {
			if nice != strconv.Itoa(20-own) && tid != strconv.Itoa(os.Getpid()) {
				return fmt.Errorf("thread %s has the nice value %s", tid, nice)
			}
		}
		return nil
	})
}

func TestEncoderIsNiceAndInheritsNoSecrets(t *testing.T) {
	t.Setenv("SELENE_SECRET", "hidden")
	img := marked(t, 1, 64, 64)
	n := 0
	_, _, err := testEncoder().Stitch(context.Background(), func(context.Context) (Frame, error) {
		if n++; n > 1 {
			return Frame{}, io.EOF
		}
		pid := strconv.Itoa(childPID(t))
		env := string(mustRead(t, "/proc/"+pid+"/environ"))
		if strings.Contains(env, "hidden") || !strings.Contains(env, childEnv) {
			t.Errorf("the process's environment is %q", env)
		}
		for tid, nice := range niceness(t, pid) {
			if nice != "10" {
				t.Errorf("thread %s has the nice value %s", tid, nice)
			}
		}
		return Frame{Image: img}, nil
	}, Options{Codec: H264, Path: outPath(t, H264)}, nil)
	if err != nil {
		t.Error(err)
	}
}
