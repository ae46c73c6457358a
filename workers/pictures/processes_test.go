package pictures_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/pictures/picturestest"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// parentEnv makes this test binary a process that keeps decoder processes until it is killed.
const parentEnv = "SELENE_TEST_DECODERS"

func TestMain(m *testing.M) {
	if os.Getenv(parentEnv) != "" {
		p := pictures.NewProcesses(picturestest.Options(1))
		go func() {
			var img vision.Image
			fmt.Fprintln(os.Stdout, p.Decode(context.Background(), imagefiletest.JPEG(imagefiletest.Picture(16, 16)), &img))
		}()
		if err := p.Run(context.Background()); err != nil {
			panic(err)
		}
		return
	}
	picturestest.Main(m)
}

// files returns pictures of all kinds, and some that are none.
func files(t *testing.T) [][]byte {
	files := append(imagefiletest.Small(), nil, []byte("selene"), make([]byte, 20<<20))
	for _, s := range imagefiletest.Samples() {
		files = append(files, s.Data)
	}
	for _, o := range imagefiletest.Oddities() {
		files = append(files, o.Data)
	}
	whole := imagefiletest.JPEG(imagefiletest.Picture(1500, 1000))
	return append(files, whole, whole[:len(whole)/2])
}

// Processes return the same pixels and errors as a decoder of this process, whatever came before.
func TestPixelsAreTheSame(t *testing.T) {
	here, apart := pictures.Here(), picturestest.Processes(t, 1)
	var want, got vision.Image
	n := 0
	check := func(name string, data []byte) {
		t.Helper()
		wantErr, err := here.Decode(t.Context(), data, &want), apart.Decode(t.Context(), data, &got)
		if wantErr == nil && err == nil {
			n++
			if got.Width != want.Width || got.Height != want.Height || !bytes.Equal(got.Pix, want.Pix) {
				t.Errorf("%s: %d x %d with other pixels than %d x %d", name, got.Width, got.Height, want.Width, want.Height)
			}
		} else if len(data) < 16<<20 && fmt.Sprint(err) != fmt.Sprint(wantErr) || !errors.Is(err, vision.ErrUndecodable) {
			t.Errorf("%s: error %v, want %v", name, err, wantErr)
		}
		wantLuma, wantErr := here.Luma(t.Context(), data)
		luma, err := apart.Luma(t.Context(), data)
		if !bytes.Equal(luma, wantLuma) || (luma == nil) != (wantLuma == nil) || (err == nil) != (wantErr == nil) {
			t.Errorf("%s: %d bytes of luma, %v; want %d, %v", name, len(luma), err, len(wantLuma), wantErr)
		}
	}
	for i, data := range files(t) {
		check(fmt.Sprint("file ", i), data)
	}
	if n < 20 {
		t.Errorf("only %d pictures were decoded", n)
	}
	t.Run("faces", func(t *testing.T) {
		for _, name := range []string{"conditions/open_eyes_d9.jpg", "multi/bbt1.jpg", "match/bbt/amy1.png"} {
			check(name, workertest.Picture(t, name))
		}
	})
}

// A picture that does any of this gets an error of its own, and the others are decoded meanwhile and afterwards.
func TestTroubleStaysAlone(t *testing.T) {
	p := picturestest.Processes(t, 1)
	good := imagefiletest.JPEG(imagefiletest.Picture(64, 48))
	decode := func() {
		t.Helper()
		var img vision.Image
		if err := p.Decode(t.Context(), good, &img); err != nil || img.Width != 64 || img.Height != 48 {
			t.Errorf("another picture: %d x %d, %v", img.Width, img.Height, err)
		}
	}
	for trouble, want := range map[string]string{
		picturestest.Crash:  `its process has ended \(exit status 2: SIGSEGV`,
		picturestest.Memory: "out of memory|failed to allocate", // the latter by the race detector
		picturestest.Spin:   "took more than 1s of processor time",
		picturestest.Wait:   "or 5s",
	} {
		t.Run(trouble, func(t *testing.T) {
			t.Parallel()
			decode()
			got := make(chan error)
			go func() { got <- p.Decode(t.Context(), picturestest.In(good, trouble), new(vision.Image)) }()
			decode()
			if err := <-got; !errors.Is(err, vision.ErrUndecodable) || !regexp.MustCompile(want).MatchString(err.Error()) {
				t.Errorf("got %v, want %q", err, want)
			}
			decode()
		})
	}
}

// The picture that takes longest of those that imagefile accepts.
func TestBlockBombIsCut(t *testing.T) {
	p := picturestest.Processes(t, 1)
	err := p.Decode(t.Context(), imagefiletest.BlockBomb(2400, 2000, 14_400_000), new(vision.Image))
	if !errors.Is(err, vision.ErrUndecodable) || !strings.Contains(err.Error(), "processor time") {
		t.Error(err)
	}
}

// children returns the decoder processes of a process.
func children(t *testing.T, process string) (pids []int) {
	t.Helper()
	files, err := filepath.Glob("/proc/" + process + "/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		list, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has ended
		}
		for _, pid := range strings.Fields(string(list)) {
			n, err := strconv.Atoi(pid)
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, n)
		}
	}
	return pids
}

// A process that somebody else kills is replaced, and costs no picture.
func TestIdleProcessesAreReplaced(t *testing.T) {
	p := picturestest.Processes(t, 1)
	good := imagefiletest.JPEG(imagefiletest.Picture(64, 48))
	for range 3 {
		streamstest.Eventually(t, func() error {
			if n := len(children(t, "self")); n != 2 {
				return fmt.Errorf("%d processes", n)
			}
			return nil
		})
		before := children(t, "self")
		for _, pid := range before {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		streamstest.Eventually(t, func() error {
			now := children(t, "self")
			for _, pid := range before {
				for _, other := range now {
					if pid == other {
						return fmt.Errorf("process %d is still there", pid)
					}
				}
			}
			return nil
		})
		var img vision.Image
		if err := p.Decode(t.Context(), good, &img); err != nil {
			t.Error(err)
		}
	}
}

func TestProcessesAreLimitedAndInheritNoSecrets(t *testing.T) {
	t.Setenv("SELENE_SECRET", "hidden")
	p := picturestest.Processes(t, 1)
	if err := p.Decode(t.Context(), imagefiletest.JPEG(imagefiletest.Picture(64, 48)), new(vision.Image)); err != nil {
		t.Fatal(err)
	}
	limited := 0
	for _, pid := range children(t, "self") {
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil || strings.Contains(string(environ), "hidden") {
			t.Errorf("the environment is %q, %v", environ, err)
		}
		limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
		if err != nil {
			t.Fatal(err)
		}
		_, cpu, _ := strings.Cut(string(limits), "Max cpu time")
		_, memory, _ := strings.Cut(string(limits), "Max address space")
		if !strings.HasPrefix(strings.TrimSpace(cpu), "unlimited") && !strings.HasPrefix(strings.TrimSpace(memory), "unlimited") {
			limited++
		}
	}
	if limited == 0 { // the other one may be starting
		t.Error("no process is limited")
	}
}

// What large pictures take is returned.
func TestLargePicturesLeaveNoMemory(t *testing.T) {
	p := picturestest.Processes(t, 1)
	large := imagefiletest.JPEG(image.NewYCbCr(image.Rect(0, 0, 4096, 3072), image.YCbCrSubsampleRatio420))
	var img vision.Image
	for range 4 {
		if err := p.Decode(t.Context(), large, &img); err != nil {
			t.Fatal(err)
		}
	}
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, mapping := range strings.Split(string(maps), "selene-picture")[1:] {
		found++
		_, rest, _ := strings.Cut(mapping, "\nRss:")
		kib, err := strconv.Atoi(strings.Fields(rest)[0])
		if err != nil || kib > 16<<10 {
			t.Errorf("%d KiB of the shared memory are kept, %v", kib, err)
		}
	}
	if found == 0 {
		t.Error("there is no shared memory")
	}
}

func TestMissingProgram(t *testing.T) {
	for name, command := range map[string][]string{
		"none": nil, "absent": {"/does/not/exist"}, "another": {"/bin/echo", "no decoder process writes this"}, "that ends": {"/bin/false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := pictures.NewProcesses(pictures.Options{Command: command, Pictures: 1}).Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), "start a process that decodes pictures") {
				t.Error(err)
			}
		})
	}
}

func TestNobodyWaitsForProcessesForEver(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), time.Millisecond)
	defer stop()
	p := pictures.NewProcesses(picturestest.Options(1)) // does not run
	if err := p.Decode(ctx, nil, new(vision.Image)); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, vision.ErrUndecodable) {
		t.Error(err)
	}
}

func TestProcessesDieWithTheirParent(t *testing.T) {
	parent := exec.Command("/proc/self/exe")
	parent.Env = append(os.Environ(), parentEnv+"=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, len("<nil>"))
	if _, err := out.Read(answer); err != nil || string(answer) != "<nil>" {
		t.Errorf("%q, %v", answer, err)
	}
	pids := children(t, strconv.Itoa(parent.Process.Pid))
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if parent.Wait() == nil || len(pids) == 0 {
		t.Errorf("%d children", len(pids))
	}
	streamstest.Eventually(t, func() error {
		for _, pid := range pids {
			if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && !strings.Contains(string(stat), ") Z ") {
				return fmt.Errorf("a process is still there: %s", stat)
			}
		}
		return nil
	})
}

// What a picture of a camera costs in this process and in another one.
func BenchmarkDecode(b *testing.B) {
	apart := picturestest.Processes(b, 1)
	for _, size := range []struct{ w, h int }{{960, 540}, {1920, 1080}} {
		data := imagefiletest.JPEG(imagefiletest.Picture(size.w, size.h))
		for name, d := range map[string]pictures.Decoder{"here": pictures.Here(), "apart": apart} {
			b.Run(fmt.Sprintf("%dx%d/%s", size.w, size.h, name), func(b *testing.B) {
				var img vision.Image
				for b.Loop() {
					if err := d.Decode(b.Context(), data, &img); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
