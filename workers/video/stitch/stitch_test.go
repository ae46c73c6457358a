package stitch

import (
	"context"
	"errors"
	"hash/crc32"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var allCodecs = []Codec{H264, H265, VP9}

var testStart = time.Date(2024, 5, 1, 12, 0, 0, 123_456_789, time.UTC)

// sourceOf returns a source of frames, in order.
func sourceOf(frames []Frame) Source {
	return func(context.Context) (Frame, error) {
		if len(frames) == 0 {
			return Frame{}, io.EOF
		}
		f := frames[0]
		frames = frames[1:]
		return f, nil
	}
}

// steady stamps images with times step apart.
func steady(step time.Duration, images ...[]byte) []Frame {
	var frames []Frame
	for i, img := range images {
		frames = append(frames, Frame{Image: img, At: testStart.Add(time.Duration(i) * step)})
	}
	return frames
}

func markedSequence(tb testing.TB, from, to, w, h int) [][]byte {
	tb.Helper()
	var images [][]byte
	for i := from; i < to; i++ {
		images = append(images, marked(tb, i, w, h))
	}
	return images
}

func count(from, to int) []int {
	var n []int
	for i := from; i < to; i++ {
		n = append(n, i)
	}
	return n
}

func outPath(tb testing.TB, c Codec) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "out"+c.Ext())
}

func mustStitch(tb testing.TB, frames []Frame, opts Options) Result {
	tb.Helper()
	res, err := Stitch(context.Background(), sourceOf(frames), opts)
	if err != nil {
		tb.Fatal(err)
	}
	return res
}

func forAllCodecs(t *testing.T, test func(t *testing.T, c Codec)) {
	for _, c := range allCodecs {
		t.Run(string(c), func(t *testing.T) { test(t, c) })
	}
}

// Order, content and time of every frame, with gaps of all kinds.
func TestEveryFrameAtItsTime(t *testing.T) {
	gaps := []time.Duration{
		33 * time.Millisecond, 67 * time.Millisecond, 5 * time.Millisecond, 1500 * time.Millisecond, 0,
		20 * time.Millisecond, 40 * time.Second, 100 * time.Millisecond, 33_333_333, 10 * time.Minute, time.Millisecond,
		-time.Millisecond, 90 * time.Millisecond,
	}
	const w, h, n = 320, 240, 45
	at := testStart
	var frames []Frame
	for i := range n {
		frames = append(frames, Frame{Image: marked(t, i, w, h), At: at})
		at = at.Add(gaps[i%len(gaps)])
	}
	forAllCodecs(t, func(t *testing.T, c Codec) {
		path := outPath(t, c)
		res := mustStitch(t, frames, Options{Codec: c, Path: path})
		p := probe(t, path)
		if len(p.pts) != n || res.Frames != n || res.Skipped != 0 || res.SkipReason != nil {
			t.Fatalf("%d frames in, %d out, result %+v", n, len(p.pts), res)
		}
		var want time.Duration
		for i, pts := range p.pts {
			want = max(want, frames[i].At.Sub(frames[0].At))
			allowed := tick(c)
			if i > 0 && frames[i].At.Sub(frames[i-1].At) <= 0 {
				allowed *= 2 // it is shown a tick after the one that arrived at the same time
			}
			if diff := (pts - want).Abs(); diff > allowed {
				t.Errorf("frame %d is shown at %v, arrived at %v", i, pts, want)
			}
			if i > 0 && pts <= p.pts[i-1] {
				t.Errorf("frame %d is shown at %v, not after the one before (%v)", i, pts, p.pts[i-1])
			}
		}
		if got := marksIn(t, path, w, h, image.Rect(0, 0, w, h)); !slices.Equal(got, count(0, n)) {
			t.Errorf("marks read back: %v", got)
		}
		end := frames[n-1].At.Sub(frames[0].At) + time.Second // the mean gap is over a second
		if (p.duration-end).Abs() > 3*time.Millisecond || (res.Duration-end).Abs() > 3*time.Millisecond {
			t.Errorf("duration %v in the file, %v in the result, want %v", p.duration, res.Duration, end)
		}
		if !res.Start.Equal(testStart) || res.Width != w || res.Height != h || p.width != w || p.height != h {
			t.Errorf("result %+v, file %dx%d", res, p.width, p.height)
		}
		if info, err := os.Stat(path); err != nil || info.Size() != res.Bytes {
			t.Errorf("result has %d bytes, file: %v, %v", res.Bytes, info.Size(), err)
		}
	})
}

func TestContainersAndColourFlags(t *testing.T) {
	frames := steady(100*time.Millisecond, markedSequence(t, 0, 30, 320, 240)...)
	names := map[Codec][2]string{H264: {"h264", "avc1"}, H265: {"hevc", "hvc1"}, VP9: {"vp9", "[0][0][0][0]"}}
	forAllCodecs(t, func(t *testing.T, c Codec) {
		path := outPath(t, c)
		mustStitch(t, frames, Options{Codec: c, Path: path})
		p := probe(t, path)
		if want := names[c]; p.codec != want[0] || p.tag != want[1] {
			t.Errorf("codec %s tag %s, want %v", p.codec, p.tag, want)
		}
		if p.pixels != "yuv420p" || p.colourRange != "tv" || p.matrix != "bt470bg" || p.primaries != "bt709" || p.transfer != "iec61966-2-1" {
			t.Errorf("colours are flagged %+v", p)
		}
		// Marks change completely from frame to frame, so some scene cuts are expected.
		if p.keyFrames > 10 {
			t.Errorf("%d of 30 frames are key frames", p.keyFrames)
		}
		if p.duration != 3*time.Second {
			t.Errorf("30 frames 100 ms apart last %v", p.duration)
		}
		if c == VP9 {
			return
		}
		boxes := topBoxes(t, path)
		if moov, mdat := slices.Index(boxes, "moov"), slices.Index(boxes, "mdat"); moov < 0 || mdat < moov {
			t.Errorf("the index is not before the media: %v", boxes)
		}
	})
}

// Encoders tend to drop frames that show nothing new.
func TestIdenticalFramesAreAllKept(t *testing.T) {
	img := marked(t, 77, 160, 120)
	images := make([][]byte, 150)
	for i := range images {
		images[i] = img
	}
	frames := steady(10*time.Millisecond, images...)
	forAllCodecs(t, func(t *testing.T, c Codec) {
		path := outPath(t, c)
		mustStitch(t, frames, Options{Codec: c, Path: path})
		p := probe(t, path)
		if len(p.pts) != len(images) {
			t.Errorf("%d frames in, %d out", len(images), len(p.pts))
		}
		if p.keyFrames > 3 {
			t.Errorf("%d key frames in a still video of %d frames", p.keyFrames, len(images))
		}
	})
}

func TestSingleFrame(t *testing.T) {
	forAllCodecs(t, func(t *testing.T, c Codec) {
		path := outPath(t, c)
		res := mustStitch(t, steady(0, marked(t, 5, 320, 240)), Options{Codec: c, Path: path})
		p := probe(t, path)
		if len(p.pts) != 1 || res.Duration != 40*time.Millisecond || p.duration != res.Duration {
			t.Errorf("%d frames, duration %v in the file, %v in the result", len(p.pts), p.duration, res.Duration)
		}
	})
}

func TestSkipsBrokenImages(t *testing.T) {
	good := markedSequence(t, 0, 6, 320, 240)
	photo := pngOf(t, markedImage(0, 320, 240))
	flipped := slices.Clone(photo)
	flipped[len(flipped)/2] ^= 0xff
	broken := map[string][]byte{
		"empty":          {},
		"text":           []byte("not an image"),
		"truncated JPEG": good[2][:len(good[2])*2/3],
		"JPEG header":    good[2][:20],
		"zeroed JPEG":    append(slices.Clone(good[2][:len(good[2])*2/3]), make([]byte, len(good[2])/3)...),
		"truncated PNG":  photo[:len(photo)/2],
		"damaged PNG":    flipped,
		"huge PNG":       hugePNG(photo),
		"endless row":    pngOf(t, image.NewGray(image.Rect(0, 0, maxSide+1, 1))),
	}
	for name, bad := range broken {
		t.Run(name, func(t *testing.T) {
			path := outPath(t, H264)
			frames := steady(100*time.Millisecond, good[0], good[1], bad, good[3], good[4], good[5])
			res := mustStitch(t, frames, Options{Codec: H264, Path: path})
			if res.Frames != 5 || res.Skipped != 1 || res.SkipReason == nil || !strings.Contains(res.SkipReason.Error(), "frame 2") {
				t.Fatalf("result %+v", res)
			}
			if got := marksIn(t, path, 320, 240, image.Rect(0, 0, 320, 240)); !slices.Equal(got, []int{0, 1, 3, 4, 5}) {
				t.Errorf("marks %v", got)
			}
			if p := probe(t, path); p.pts[2] != 300*time.Millisecond {
				t.Errorf("the frame after the gap is shown at %v, want 300ms", p.pts[2])
			}
		})
	}
}

// hugePNG returns a PNG whose header claims 60000 x 60000 pixels, with a valid checksum.
func hugePNG(png []byte) []byte {
	png = slices.Clone(png)
	copy(png[16:], []byte{0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60})
	crc := crc32.ChecksumIEEE(png[12:29])
	copy(png[29:], []byte{byte(crc >> 24), byte(crc >> 16), byte(crc >> 8), byte(crc)})
	return png
}

// The clock starts with the first frame that is in the file.
func TestBrokenFirstImage(t *testing.T) {
	path := outPath(t, VP9)
	images := append([][]byte{[]byte("broken")}, markedSequence(t, 1, 4, 64, 48)...)
	res := mustStitch(t, steady(time.Second, images...), Options{Codec: VP9, Path: path})
	if res.Frames != 3 || res.Skipped != 1 || !res.Start.Equal(testStart.Add(time.Second)) {
		t.Errorf("result %+v", res)
	}
	if p := probe(t, path); p.pts[0] != 0 || p.pts[2] != 2*time.Second {
		t.Errorf("frames are shown at %v", p.pts)
	}
}

func TestNoDecodableFrame(t *testing.T) {
	for _, images := range [][][]byte{nil, {[]byte("a"), {0xff, 0xd8, 0xff}}} {
		path := outPath(t, H265)
		res, err := Stitch(context.Background(), sourceOf(steady(0, images...)), Options{Codec: H265, Path: path})
		var none *NoFramesError
		if !errors.As(err, &none) || none.Skipped != len(images) || (none.Reason == nil) != (len(images) == 0) {
			t.Errorf("%d images: error %v", len(images), err)
		}
		if res != (Result{}) {
			t.Errorf("%d images: result %+v", len(images), res)
		}
		assertEmpty(t, filepath.Dir(path))
	}
}

func TestCancelLeavesNoFile(t *testing.T) {
	img := marked(t, 9, 320, 240)
	forAllCodecs(t, func(t *testing.T, c Codec) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		path := outPath(t, c)
		n := 0
		_, err := Stitch(ctx, func(context.Context) (Frame, error) {
			if n++; n == 25 {
				cancel()
			}
			return Frame{Image: img, At: testStart.Add(time.Duration(n) * time.Millisecond)}, nil
		}, Options{Codec: c, Path: path})
		if !errors.Is(err, context.Canceled) || n != 25 {
			t.Errorf("after %d frames: %v", n, err)
		}
		assertEmpty(t, filepath.Dir(path))
	})
}

func TestSourceErrorKeepsOldFile(t *testing.T) {
	path := outPath(t, H264)
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	frames := sourceOf(steady(time.Millisecond, markedSequence(t, 0, 3, 64, 48)...))
	lost := errors.New("stream lost")
	_, err := Stitch(context.Background(), func(ctx context.Context) (Frame, error) {
		f, err := frames(ctx)
		if err != nil {
			return f, lost
		}
		return f, nil
	}, Options{Codec: H264, Path: path})
	if !errors.Is(err, lost) {
		t.Errorf("error %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
		t.Errorf("the old file became %d bytes, %v", len(got), err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	assertEmpty(t, filepath.Dir(path))
}

// The name of a file may look like an address or a pattern.
func TestStrangePath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "http:a %03d é.mp4")
	t.Chdir(filepath.Dir(path))
	mustStitch(t, steady(0, marked(t, 1, 64, 48)), Options{Codec: H264, Path: filepath.Base(path)})
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestQualitySetting(t *testing.T) {
	frames := steady(0, noise(t, 1, 160, 120)) // flat blocks take almost no bits at any quality
	forAllCodecs(t, func(t *testing.T, c Codec) {
		fine := mustStitch(t, frames, Options{Codec: c, Path: outPath(t, c), CRF: 10})
		coarse := mustStitch(t, frames, Options{Codec: c, Path: outPath(t, c), CRF: 45, Threads: 1})
		if fine.Bytes < coarse.Bytes*3/2 {
			t.Errorf("CRF 10 gives %d bytes, CRF 45 %d", fine.Bytes, coarse.Bytes)
		}
	})
}

func TestConcurrentSessions(t *testing.T) {
	var wg sync.WaitGroup
	for i, c := range slices.Concat(allCodecs, allCodecs) {
		frames := steady(50*time.Millisecond, markedSequence(t, 100*i, 100*i+20, 160, 120)...)
		path := outPath(t, c)
		wg.Go(func() {
			if _, err := Stitch(context.Background(), sourceOf(frames), Options{Codec: c, Path: path, Threads: 1}); err != nil {
				t.Errorf("%s: %v", c, err)
				return
			}
			if got := marksIn(t, path, 160, 120, image.Rect(0, 0, 160, 120)); !slices.Equal(got, count(100*i, 100*i+20)) {
				t.Errorf("%s: marks %v", c, got)
			}
		})
	}
	wg.Wait()
}

func assertEmpty(tb testing.TB, dir string) {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range entries {
		tb.Errorf("%s is left over", e.Name())
	}
}
