package stitch

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every error names the allowed values.
func TestBadOptions(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	for _, tc := range []struct {
		want string
		opts Options
	}{
		{"use H264, H265 or VP9", Options{Codec: "AV1", Path: path}},
		{"set the file", Options{Codec: H264}},
		{"use 0 for the default", Options{Codec: H264, Path: path, Threads: -1}},
		{"use 1 to 51", Options{Codec: H264, Path: path, CRF: 52}},
		{"use 1 to 63", Options{Codec: VP9, Path: path, CRF: -1}},
		{"use 50 to 100000", Options{Codec: H264, Path: path, Bitrate: 49}},
		{"exclude each other", Options{Codec: H264, Path: path, Bitrate: 500, CRF: 20}},
		{"use H264 or H265", Options{Codec: VP9, Path: path, Fragmented: true}},
		{"use 1 to 60", Options{Codec: H264, Path: path, FrameRate: 61}},
		{"use 1 to 60", Options{Codec: H264, Path: path, FrameRate: -1}},
		{"use 64 to 8192", Options{Codec: H264, Path: path, Width: 63, Height: 100}},
		{"use 64 to 8192", Options{Codec: H264, Path: path, Width: 640}},
		{"at most 34000000 pixels", Options{Codec: H264, Path: path, Width: 8192, Height: 8192}},
		{"use 0, 90, 180 or 270", Options{Codec: H264, Path: path, Rotate: 45}},
		{`use "horizontal", "vertical" or nothing`, Options{Codec: H264, Path: path, Flip: "both"}},
		{"no such file", Options{Codec: H264, Path: filepath.Join(dir, "none", "a.mp4")}},
		{"file exists", Options{Codec: H264, Path: dir}},
		{"stitch " + dir, Options{Codec: VP9, Path: dir}},
	} {
		frames := steady(0, marked(t, 1, 64, 48))
		_, here := Stitch(context.Background(), sourceOf(frames), tc.opts)
		_, _, there := testEncoder().Stitch(context.Background(), sourceOf(frames), tc.opts, nil)
		for _, err := range []error{here, there} {
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%+v: error %v, want one with %q", tc.opts, err, tc.want)
			}
		}
	}
	assertEmpty(t, dir)
}

func TestSizeGiven(t *testing.T) {
	for _, size := range []image.Point{{176, 144}, {640, 480}, {65, 301}, {320, 240}} {
		path := outPath(t, H264)
		res := mustStitch(t, steady(time.Second, markedSequence(t, 0, 3, 320, 240)...), Options{Codec: H264, Path: path, Width: size.X, Height: size.Y})
		w, h := even(size.X), even(size.Y)
		if p := probe(t, path); p.width != w || p.height != h || res.Width != w || res.Height != h {
			t.Errorf("%v became %dx%d (%+v)", size, p.width, p.height, res)
		}
		pw, ph := letterbox(320, 240, w, h)
		box := image.Rect(0, 0, pw, ph).Add(image.Pt((w-pw)/2&^1, (h-ph)/2&^1))
		if got := marksIn(t, path, w, h, box); !slices.Equal(got, []int{0, 1, 2}) {
			t.Errorf("%v: marks %v", size, got)
		}
	}
}

// The four quarters of a picture, read in the order top left, top right, bottom left, bottom right.
func TestTurnAndFlip(t *testing.T) {
	const w, h = 160, 96
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	level := func(q int) uint8 { return uint8(40 + 60*q) }
	for y := range h {
		for x := range w {
			img.Set(x, y, color.Gray{Y: level(y*2/h*2 + x*2/w)})
		}
	}
	files := map[string][]byte{"JPEG": jpegOf(t, img), "PNG": pngOf(t, img)}
	for _, tc := range []struct {
		rotate int
		flip   string
		want   [4]int
	}{
		{0, "", [4]int{0, 1, 2, 3}},
		{90, "", [4]int{2, 0, 3, 1}},
		{180, "", [4]int{3, 2, 1, 0}},
		{270, "", [4]int{1, 3, 0, 2}},
		{0, FlipHorizontal, [4]int{1, 0, 3, 2}},
		{0, FlipVertical, [4]int{2, 3, 0, 1}},
		{90, FlipHorizontal, [4]int{0, 2, 1, 3}},
		{90, FlipVertical, [4]int{3, 1, 2, 0}},
		{180, FlipHorizontal, [4]int{2, 3, 0, 1}},
		{270, FlipVertical, [4]int{0, 2, 1, 3}},
	} {
		for name, file := range files {
			lumas, c := fittedPlanes(t, Options{Rotate: tc.rotate, Flip: tc.flip}, Frame{Image: file})
			cw, ch := turned(tc.rotate, w, h)
			if c.width != cw || c.height != ch {
				t.Errorf("%+v: %dx%d", tc, c.width, c.height)
				continue
			}
			for q, want := range tc.want {
				got := int(lumas[0][(ch/4+q/2*ch/2)*cw+cw/4+q%2*cw/2])
				// The luma of a grey g is 16 + 219 g / 255.
				if wanted := 16 + 219*int(level(want))/255; got < wanted-6 || got > wanted+6 {
					t.Errorf("%s turned %d, flipped %q: quarter %d is %d, want %d", name, tc.rotate, tc.flip, q, got, wanted)
				}
			}
		}
	}
}

// noise returns a picture that no encoder can compress.
func noise(tb testing.TB, seed uint64, w, h int) []byte {
	tb.Helper()
	rnd := rand.New(rand.NewPCG(seed, 2))
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(rnd.IntN(256))
	}
	return jpegOf(tb, img)
}

// blocks returns a picture of grey squares; the finer it is, the more bits it takes.
func blocks(tb testing.TB, seed uint64, w, h int) []byte {
	tb.Helper()
	rnd := rand.New(rand.NewPCG(seed, 2))
	img := image.NewGray(image.Rect(0, 0, w, h))
	for y := 0; y < h; y += 8 {
		for x := 0; x < w; x += 8 {
			r := image.Rect(x, y, x+8, y+8)
			draw.Draw(img, r, image.NewUniform(color.Gray{Y: uint8(rnd.IntN(256))}), image.Point{}, draw.Src)
		}
	}
	return jpegOf(tb, colourOf(img))
}

// The bitrate relates to the video's own time: encoders that ignore the times of frames need the frame rate.
func TestBitrate(t *testing.T) {
	var images [][]byte
	for i := range 16 {
		images = append(images, blocks(t, uint64(i), 320, 240))
	}
	forAllCodecs(t, func(t *testing.T, c Codec) {
		for _, tc := range []struct{ perSecond, n, kbit int }{{5, 50, 150}, {30, 200, 400}} {
			for _, rate := range []int{0, 25} {
				var frames []Frame
				for i := range tc.n {
					frames = append(frames, Frame{Image: images[i%len(images)], At: testStart.Add(time.Duration(i) * time.Second / time.Duration(tc.perSecond))})
				}
				path := outPath(t, c)
				res := mustStitch(t, frames, Options{Codec: c, Path: path, Bitrate: tc.kbit, FrameRate: rate})
				got := float64(res.Bytes) * 8 / 1000 / res.Duration.Seconds()
				if ratio := got / float64(tc.kbit); ratio < 0.6 || ratio > 1.7 { // the clips are short
					t.Errorf("%d frames a second, constant rate %d: %.0f kbit/s, want %d", tc.perSecond, rate, got, tc.kbit)
				}
			}
		}
	})
}

// The unfinished file of a process that was killed can be played up to its last fragment.
func TestFragmented(t *testing.T) {
	const n = 200
	frames := steady(50*time.Millisecond, markedSequence(t, 0, n, 320, 240)...)
	for _, c := range []Codec{H264, H265} {
		t.Run(string(c), func(t *testing.T) {
			path := outPath(t, c)
			part := filepath.Join(t.TempDir(), "part.mp4")
			i := 0
			res, err := Stitch(context.Background(), func(ctx context.Context) (Frame, error) {
				f, err := sourceOf(frames[min(i, n):])(ctx)
				if i++; i == n*3/4 {
					files, globErr := filepath.Glob(filepath.Join(filepath.Dir(path), ".stitch-*"))
					if globErr != nil || len(files) != 1 {
						t.Fatalf("%v, %v", files, globErr)
					}
					if err := os.WriteFile(part, mustRead(t, files[0]), 0o600); err != nil {
						t.Error(err)
					}
				}
				return f, err
			}, Options{Codec: c, Path: path, Fragmented: true})
			if err != nil || res.Frames != n {
				t.Fatalf("%+v, %v", res, err)
			}
			if got := marksIn(t, path, 320, 240, image.Rect(0, 0, 320, 240)); !slices.Equal(got, count(0, n)) {
				t.Errorf("marks %v", got)
			}
			p := probe(t, path)
			if (p.duration-10*time.Second).Abs() > 50*time.Millisecond || (p.pts[n-1]-(n-1)*50*time.Millisecond).Abs() > time.Millisecond {
				t.Errorf("it lasts %v, the last frame is at %v", p.duration, p.pts[n-1])
			}
			boxes := topBoxes(t, path)
			if n := len(slices.DeleteFunc(boxes, func(b string) bool { return b != "moof" })); n < 8 || n > 20 {
				t.Errorf("%d fragments in ten seconds", n)
			}
			if got := marksIn(t, part, 320, 240, image.Rect(0, 0, 320, 240)); len(got) < n/2 || !slices.Equal(got, count(0, len(got))) {
				t.Errorf("the part has the marks %v", got)
			}
		})
	}
}
