package stitch

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/asticode/go-astiav"
)

func TestOddAndTinySizes(t *testing.T) {
	sizes := []image.Point{{321, 241}, {320, 241}, {321, 240}, {45, 61}, {20, 20}, {1, 1}, {3, 200}, {500, 2}}
	forAllCodecs(t, func(t *testing.T, c Codec) {
		for _, size := range sizes {
			path := outPath(t, c)
			res := mustStitch(t, steady(time.Second, markedSequence(t, 0, 3, size.X, size.Y)...), Options{Codec: c, Path: path})
			w, h := max(size.X+size.X%2, minSide), max(size.Y+size.Y%2, minSide)
			p := probe(t, path)
			if p.width != w || p.height != h || res.Width != w || res.Height != h || len(p.pts) != 3 {
				t.Errorf("%v became %dx%d (%+v)", size, p.width, p.height, res)
			}
			if size.X < 16 || size.Y < 16 {
				continue // too small to hold a mark
			}
			box := image.Rectangle{Max: size}.Add(image.Pt((w-size.X)/2&^1, (h-size.Y)/2&^1))
			if got := marksIn(t, path, w, h, box); !slices.Equal(got, []int{0, 1, 2}) {
				t.Errorf("%v: marks %v", size, got)
			}
		}
	})
}

func TestOtherSizesAreLetterboxed(t *testing.T) {
	const w, h = 320, 240
	sizes := []struct{ picture, box image.Rectangle }{
		{image.Rect(0, 0, w, h), image.Rect(0, 0, w, h)},
		{image.Rect(0, 0, 640, 480), image.Rect(0, 0, w, h)},
		{image.Rect(0, 0, 240, 320), image.Rect(70, 0, 250, h)},
		{image.Rect(0, 0, 101, 99), image.Rect(38, 0, 282, h)},
		{image.Rect(0, 0, 640, 240), image.Rect(0, 60, w, 180)},
		{image.Rect(0, 0, w, h), image.Rect(0, 0, w, h)},
	}
	var images [][]byte
	for i, s := range sizes {
		images = append(images, marked(t, 1023-i, s.picture.Dx(), s.picture.Dy()))
	}
	forAllCodecs(t, func(t *testing.T, c Codec) {
		path := outPath(t, c)
		res := mustStitch(t, steady(time.Second, images...), Options{Codec: c, Path: path})
		if res.Width != w || res.Height != h || res.Skipped != 0 {
			t.Fatalf("result %+v", res)
		}
		luma := rawFrames(t, path, "gray", w, h)
		if len(luma) != len(sizes) {
			t.Fatalf("%d frames in, %d out", len(sizes), len(luma))
		}
		for i, s := range sizes {
			if got := readMark(luma[i], w, s.box); got != 1023-i {
				t.Errorf("a picture of %v: mark %d in %v, want %d", s.picture.Max, got, s.box, 1023-i)
			}
			for _, at := range []image.Point{{2, 2}, {w - 3, 2}, {2, h - 3}, {w - 3, h - 3}} {
				if !at.In(s.box) && luma[i][at.Y*w+at.X] > 24 {
					t.Errorf("a picture of %v: the border at %v is not black but %d", s.picture.Max, at, luma[i][at.Y*w+at.X])
				}
			}
		}
	})
}

// A player that follows the flags shows the colours of the images, for every file and pixel format.
func TestColoursStayTheSame(t *testing.T) {
	const w, h = 96, 64
	patches := []color.RGBA{
		{255, 0, 0, 255},
		{0, 255, 0, 255},
		{0, 0, 255, 255},
		{255, 255, 255, 255},
		{0, 0, 0, 255},
		{224, 172, 105, 255}, // the last is skin
	}
	rect := image.Rect(0, 0, w, h)
	colours, greys := image.NewRGBA(rect), image.NewGray(rect)
	palette := image.NewPaletted(rect, color.Palette{})
	wide, wideGrey, clear := image.NewRGBA64(rect), image.NewGray16(rect), image.NewNRGBA(rect)
	for _, c := range patches {
		palette.Palette = append(palette.Palette, c)
	}
	for i, c := range patches {
		r := image.Rect(0, 0, w/3, h/2).Add(image.Pt(i%3*w/3, i/3*h/2))
		for _, img := range []draw.Image{colours, greys, palette, wide, wideGrey, clear} {
			draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
		}
	}
	clear.Pix[3] = 254 // one pixel, so that the file keeps its alpha channel
	inputs := []struct {
		name  string
		file  []byte
		shown image.Image
	}{
		{"JPEG 4:2:0", jpegOf(t, colours), colours},
		{"JPEG 4:2:2", converted(t, pngOf(t, colours), "mjpeg", "yuvj422p"), colours},
		{"JPEG 4:4:4", converted(t, pngOf(t, colours), "mjpeg", "yuvj444p"), colours},
		{"JPEG grey", jpegOf(t, greys), greys},
		{"PNG", pngOf(t, colours), colours},
		{"PNG alpha", pngOf(t, clear), colours},
		{"PNG palette", pngOf(t, palette), colours},
		{"PNG 16 bit", pngOf(t, wide), colours},
		{"PNG grey", pngOf(t, greys), greys},
		{"PNG grey 16 bit", pngOf(t, wideGrey), greys},
		{"PNG black and white", converted(t, pngOf(t, greys), "png", "monob"), nil},
	}
	var frames []Frame
	for i, in := range inputs {
		frames = append(frames, Frame{Image: in.file, At: testStart.Add(time.Duration(i) * time.Second)})
	}
	forAllCodecs(t, func(t *testing.T, c Codec) {
		for _, o := range []Options{{}, {Width: 2 * w, Height: 2 * h}} {
			scale := 1 + o.Width/(2*w)
			path := outPath(t, c)
			o.Codec, o.Path, o.CRF = c, path, 5
			if res := mustStitch(t, frames, o); res.Frames != len(inputs) {
				t.Fatalf("%+v", res)
			}
			for i, rgb := range rawFrames(t, path, "rgb24", scale*w, scale*h) {
				if inputs[i].shown == nil {
					continue
				}
				for j := range patches {
					x, y := w/6+j%3*w/3, h/4+j/3*h/2
					got := rgb[3*scale*(y*scale*w+x):][:3]
					r, g, b, _ := inputs[i].shown.At(x, y).RGBA()
					for ch, want := range []uint32{r >> 8, g >> 8, b >> 8} {
						if diff := int(got[ch]) - int(want); diff < -8 || diff > 8 {
							t.Errorf("%s, %d times as large: %v is shown as %v", inputs[i].name, scale, inputs[i].shown.At(x, y), got)
							break
						}
					}
				}
			}
		}
	})
}

// converted runs the ffmpeg program to write an image in another format.
func converted(tb testing.TB, img []byte, codec, pixels string) []byte {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "in.png"), img, 0o600); err != nil {
		tb.Fatal(err)
	}
	return runProgram(tb, "ffmpeg", "-v", "error", "-i", filepath.Join(dir, "in.png"), "-c:v", codec, "-pix_fmt", pixels,
		"-q:v", "1", "-f", "image2pipe", "-")
}

func TestLetterboxKeepsShape(t *testing.T) {
	for _, tc := range [][6]int{
		{640, 480, 320, 240, 320, 240},
		{480, 640, 320, 240, 180, 240},
		{1, 4000, 320, 240, 2, 240},
		{4000, 1, 320, 240, 320, 2},
		{100, 101, 64, 64, 62, 64},
	} {
		if w, h := letterbox(tc[0], tc[1], tc[2], tc[3]); w != tc[4] || h != tc[5] {
			t.Errorf("%dx%d into %dx%d gives %dx%d, want %dx%d", tc[0], tc[1], tc[2], tc[3], w, h, tc[4], tc[5])
		}
	}
}

// The pictures of nearly every camera bypass the filters.
func TestUnchangedPictureIsNotFiltered(t *testing.T) {
	c := newCanvas(Options{})
	defer c.free()
	d := newDecoder()
	defer d.free()
	f := astiav.AllocFrame()
	defer f.Free()
	if err := errors.Join(d.decode(marked(t, 1, 640, 480), f), c.fit(f, Drawing{})); err != nil {
		t.Fatal(err)
	}
	if c.graph != nil || f.PixelFormat() != astiav.PixelFormatYuv420P || f.ColorRange() != astiav.ColorRangeMpeg {
		t.Errorf("a %s picture, filtered: %v", f.PixelFormat(), c.graph != nil)
	}
}
