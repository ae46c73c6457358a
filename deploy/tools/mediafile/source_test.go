package mediafile

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/asticode/go-astiav"

	"github.com/selene-liveness/selene/schemas/imagefile"
)

func TestMain(m *testing.M) {
	astiav.SetLogLevel(astiav.LogLevelError)
	os.Exit(m.Run())
}

// makeVideo runs the ffmpeg program; args end with the name of the file, made in a new folder.
func makeVideo(t testing.TB, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), args[len(args)-1])
	args = append([]string{"-v", "error", "-y"}, append(args[:len(args)-1:len(args)-1], file)...)
	if out, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return file
}

// sharedFaces finds the test media beside the repository, or skips.
func sharedFaces(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	faces := filepath.Join(dir, "..", "shared", "faces")
	if _, err := os.Stat(faces); err != nil {
		t.Skipf("no test faces at %s", faces)
	}
	return faces
}

func openT(t testing.TB, path string, fps float64, loop bool) Source {
	t.Helper()
	src, err := Open(path, fps, loop)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// timings reads up to limit pictures.
func timings(t testing.TB, src Source, limit int) (all []Timing) {
	t.Helper()
	for len(all) < limit {
		next, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if next.Until <= next.PTS || len(all) > 0 && next.PTS < all[len(all)-1].Until-1 {
			t.Fatalf("picture %d is shown %v, after %v", len(all), next, all)
		}
		all = append(all, next)
	}
	return all
}

func decoded(t testing.TB, src Source) image.Image {
	t.Helper()
	b, mediaType, err := src.Image()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := imagefile.Verify(b, imagefile.MaxPixels); err != nil || info.Format.MediaType() != mediaType {
		t.Fatalf("%+v, %v; want %s", info, err, mediaType)
	}
	m, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// near compares colours with room for lossy coding.
func near(a, b color.Color, tolerance int) bool {
	r, g, bl, _ := a.RGBA()
	R, G, B, _ := b.RGBA()
	d := func(x, y uint32) bool { return math.Abs(float64(x>>8)-float64(y>>8)) <= float64(tolerance) }
	return d(r, R) && d(g, G) && d(bl, B)
}

func TestVideoFormats(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"webm", []string{"-c:v", "libvpx", "v.webm"}},
		{"mp4", []string{"-c:v", "libx264", "-bf", "2", "v.mp4"}},
		{"mkv hevc", []string{"-c:v", "libx265", "-x265-params", "log-level=none", "v.mkv"}},
		{"avi mjpeg", []string{"-c:v", "mjpeg", "v.avi"}},
		{"gif", []string{"v.gif"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := openT(t, makeVideo(t, append([]string{"-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=2"}, c.args...)...), 0, false)
			first, err := src.Next()
			if err != nil || first.PTS != 0 {
				t.Fatalf("first picture %v, %v", first, err)
			}
			if m := decoded(t, src); m.Bounds().Dx() != 160 || m.Bounds().Dy() != 120 {
				t.Errorf("size %v", m.Bounds())
			}
			all := append([]Timing{first}, timings(t, src, 100)...)
			if len(all) != 20 {
				t.Fatalf("%d pictures, want 20", len(all))
			}
			for i, next := range all {
				if d := next.PTS - time.Duration(i)*100*time.Millisecond; d.Abs() > 5*time.Millisecond {
					t.Errorf("picture %d at %v", i, next.PTS)
				}
			}
			if err := src.Rewind(); err != nil {
				t.Fatal(err)
			}
			if again := timings(t, src, 100); len(again) != 20 || again[0] != first {
				t.Errorf("%d pictures after Rewind", len(again))
			}
		})
	}
}

// TestVideoColours: white, black and colours must come out as they went in, whatever the
// range and matrix of the video.
func TestVideoColours(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"limited 601", []string{"-vf", "scale=out_range=tv:out_color_matrix=bt601,format=yuv420p", "-colorspace", "smpte170m", "-color_range", "tv"}},
		{"limited 709", []string{"-vf", "scale=out_range=tv:out_color_matrix=bt709,format=yuv420p", "-colorspace", "bt709", "-color_range", "tv"}},
		{"full 709", []string{"-vf", "scale=out_range=pc:out_color_matrix=bt709,format=yuv420p", "-colorspace", "bt709", "-color_range", "pc"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, want := range map[string]color.RGBA{"white": {255, 255, 255, 255}, "black": {0, 0, 0, 255}, "0xE0B090": {0xe0, 0xb0, 0x90, 255}, "0x2060A0": {0x20, 0x60, 0xa0, 255}} {
				args := append([]string{"-f", "lavfi", "-i", "color=" + name + ":size=64x64:duration=0.2"}, c.args...)
				src := openT(t, makeVideo(t, append(args, "-c:v", "libx264", "-qp", "4", "v.mp4")...), 0, false)
				if _, err := src.Next(); err != nil {
					t.Fatal(err)
				}
				if got := decoded(t, src).At(32, 32); !near(got, want, 4) {
					t.Errorf("%s became %v", name, color.RGBAModel.Convert(got))
				}
			}
		})
	}
}

// TestVideoShape: a turned phone video comes upright, and non-square pixels become square.
func TestVideoShape(t *testing.T) {
	flat := makeVideo(t, "-f", "lavfi", "-i", "testsrc=size=64x48:duration=0.2", "-c:v", "libx264", "-qp", "4", "v.mp4")
	for _, rotate := range []string{"0", "90", "180", "270"} {
		turned := makeVideo(t, "-i", flat, "-c", "copy", "-metadata:s:v", "rotate="+rotate, "r.mp4")
		shown := openT(t, makeVideo(t, "-i", turned, "-frames:v", "1", "r.png"), 0, false) // the ffmpeg program turns it
		src := openT(t, turned, 0, false)
		for _, s := range []Source{src, shown} {
			if _, err := s.Next(); err != nil {
				t.Fatal(err)
			}
		}
		got, want := decoded(t, src), decoded(t, shown)
		if got.Bounds() != want.Bounds() {
			t.Errorf("turned by %s: size %v, want %v", rotate, got.Bounds(), want.Bounds())
		}
		if d := difference(got, want); d > 6 {
			t.Errorf("turned by %s: the mean difference to what a player shows is %v", rotate, d)
		}
	}
	src := openT(t, makeVideo(t, "-f", "lavfi", "-i", "color=red:size=64x48:duration=0.2", "-vf", "setsar=3/2", "-c:v", "libx264", "v.mp4"), 0, false)
	if _, err := src.Next(); err != nil {
		t.Fatal(err)
	}
	if m := decoded(t, src); m.Bounds().Dx() != 96 || m.Bounds().Dy() != 48 {
		t.Errorf("pixels of 3:2: size %v", m.Bounds())
	}
}

// difference returns the mean absolute difference of the green channel, 0..255.
func difference(a, b image.Image) float64 {
	sum, r := 0.0, a.Bounds()
	for y := range r.Dy() {
		for x := range r.Dx() {
			_, g, _, _ := a.At(x, y).RGBA()
			_, h, _, _ := b.At(x, y).RGBA()
			sum += math.Abs(float64(g>>8) - float64(h>>8))
		}
	}
	return sum / float64(r.Dx()*r.Dy())
}

func TestRealVideos(t *testing.T) {
	faces := sharedFaces(t)
	for name, want := range map[string]struct {
		pictures int
		size     image.Point
	}{
		"real_zub_webcam_turns.webm": {199, image.Pt(960, 540)},
		"real_lp_d_d9.mp4":           {587, image.Pt(480, 480)}, // stored as 512 x 480 with pixels of 15:16
		"real_intel_male.gif":        {62, image.Pt(480, 270)},
	} {
		src := openT(t, filepath.Join(faces, "video", name), 0, false)
		if _, err := src.Next(); err != nil {
			t.Fatal(err)
		}
		if m := decoded(t, src); m.Bounds().Size() != want.size {
			t.Errorf("%s: size %v", name, m.Bounds())
		}
		if n := 1 + len(timings(t, src, 1000)); n != want.pictures {
			t.Errorf("%s: %d pictures, want %d", name, n, want.pictures)
		}
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	var one bytes.Buffer
	if err := jpeg.Encode(&one, image.NewRGBA(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	bmp, err := os.ReadFile(makeVideo(t, "-f", "lavfi", "-i", "color=red:size=32x16", "-frames:v", "1", "x.bmp"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"f2.jpg": one.Bytes(), "f10.JPEG": one.Bytes(), "f1:a.bmp": bmp, "f1%03d.bmp": bmp, "f3.png": []byte("broken"),
		"f11.png": one.Bytes(), ".hidden.jpg": one.Bytes(), "notes.txt": []byte("x"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir) // a relative name may look like a protocol
	src := openT(t, ".", 4, false)
	var got []string
	for i := 0; ; i++ {
		next, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || next.PTS != time.Duration(i)*250*time.Millisecond {
			t.Fatalf("picture %d: %v, %v", i, next, err)
		}
		b, mediaType, err := src.Image()
		if err != nil {
			t.Fatal(err)
		}
		what := mediaType
		switch {
		case bytes.Equal(b, one.Bytes()):
			what += " as it is"
		case string(b) == "broken":
			what += " broken"
		default:
			info, err := imagefile.Verify(b, imagefile.MaxPixels)
			what += fmt.Sprint(" ", info.Width, info.Height, err)
		}
		got = append(got, what)
	}
	want := []string{"image/jpeg 32 16 <nil>", "image/jpeg 32 16 <nil>", "image/jpeg as it is", "image/png broken", "image/jpeg as it is", "image/jpeg as it is"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	one1 := openT(t, filepath.Join(dir, "f2.jpg"), 0, false)
	if all := timings(t, one1, 9); len(all) != 1 {
		t.Errorf("one image gives %v", all)
	}
}

func TestResampleAndLoop(t *testing.T) {
	file := makeVideo(t, "-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=1", "-c:v", "libx264", "v.mp4")
	for fps, want := range map[float64]int{5: 5, 10: 10, 20: 20, 3: 3} {
		all := timings(t, openT(t, file, fps, false), 100)
		if len(all) != want {
			t.Errorf("at %v fps: %d pictures, want %d", fps, len(all), want)
		}
		for i, next := range all {
			if d := next.PTS.Seconds() - float64(i)/fps; math.Abs(d) > 1e-6 {
				t.Errorf("at %v fps: picture %d at %v", fps, i, next.PTS)
			}
		}
	}
	all := timings(t, openT(t, file, 0, true), 25)
	if len(all) != 25 || all[24].PTS != 2400*time.Millisecond {
		t.Errorf("looped: %d pictures, last %v", len(all), all[len(all)-1])
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte("these are words, no video"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty.mp4")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	sound := makeVideo(t, "-f", "lavfi", "-i", "sine=duration=0.2", "s.wav")
	for path, says := range map[string]string{
		dir: "no images", text: "FFmpeg cannot read", empty: "empty", sound: "no video stream", filepath.Join(dir, "none"): "no such file",
	} {
		if _, err := Open(path, 0, false); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", path, err, says)
		}
	}
	if _, err := Open(sound, -1, false); err == nil {
		t.Error("fps -1 is allowed")
	}
}

// BenchmarkJPEG compares the two ways from a decoded frame to JPEG.
func BenchmarkJPEG(b *testing.B) {
	v, err := openVideo(filepath.Join(sharedFaces(b), "video", "real_zub_webcam_turns.webm"))
	if err != nil {
		b.Fatal(err)
	}
	defer v.Close()
	if _, err := v.Next(); err != nil {
		b.Fatal(err)
	}
	b.Run("FFmpeg", func(b *testing.B) {
		var size int
		for b.Loop() {
			v.image = nil
			out, _, err := v.Image()
			if err != nil {
				b.Fatal(err)
			}
			size = len(out)
		}
		b.ReportMetric(float64(size), "bytes")
	})
	b.Run("image_jpeg", func(b *testing.B) {
		var size int
		for b.Loop() {
			m, err := v.now.Data().GuessImageFormat()
			if err != nil {
				b.Fatal(err)
			}
			if err := v.now.Data().ToImage(m); err != nil {
				b.Fatal(err)
			}
			var out bytes.Buffer
			if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 95}); err != nil {
				b.Fatal(err)
			}
			size = out.Len()
		}
		b.ReportMetric(float64(size), "bytes")
	})
}
