package stitch

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/asticode/go-astiav"
	"golang.org/x/image/font/gofont/gomono"

	"github.com/selene-liveness/selene/workers/vision/decode"
)

// grey returns the JPEG of a picture without detail.
func grey(tb testing.TB, w, h int) []byte {
	tb.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.Gray{Y: 100}), image.Point{}, draw.Src)
	return jpegOf(tb, img)
}

// fittedPlanes runs pictures through one canvas and returns their luma planes.
func fittedPlanes(tb testing.TB, o Options, frames ...Frame) (lumas [][]byte, c *canvas) {
	tb.Helper()
	decode.SilenceFFmpeg()
	c = newCanvas(o)
	tb.Cleanup(c.free)
	for _, f := range frames {
		d := newDecoder()
		p := astiav.AllocFrame()
		if err := d.decode(f.Image, p); err != nil {
			tb.Fatal(err)
		}
		if err := c.fit(p, f.Draw); err != nil {
			tb.Fatal(err)
		}
		all, err := p.Data().Bytes(1)
		if err != nil {
			tb.Fatal(err)
		}
		lumas = append(lumas, all[:c.width*c.height])
		p.Free()
		d.free()
	}
	return lumas, c
}

// changed returns the smallest rectangle that contains every difference of two planes.
func changed(a, b []byte, stride int) image.Rectangle {
	var r image.Rectangle
	for i := range a {
		if d := int(a[i]) - int(b[i]); d > 12 || d < -12 {
			r = r.Union(image.Rect(i%stride, i/stride, i%stride+1, i/stride+1))
		}
	}
	return r
}

func TestTextsAreInTheirCorners(t *testing.T) {
	const w, h = 640, 480
	img := grey(t, w, h)
	plain, _ := fittedPlanes(t, Options{}, Frame{Image: img})
	for corner, want := range []image.Rectangle{
		image.Rect(0, 0, 200, 60), image.Rect(0, 0, 200, 60), image.Rect(440, 0, w, 60),
		image.Rect(0, 420, 200, h), image.Rect(440, 420, w, h),
	} {
		drawing := Drawing{Texts: []Text{{corner, []string{"session", "12:34:56"}}}}
		got, _ := fittedPlanes(t, Options{}, Frame{Image: img, Draw: drawing})
		r := changed(plain[0], got[0], w)
		if !r.In(want) || r.Dx() < 80 || r.Dy() < 30 {
			t.Errorf("corner %d: the text fills %v", corner, r)
		}
		bright, dark := 0, 0
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				switch v := got[0][y*w+x]; {
				case v > 200:
					bright++
				case v < 60:
					dark++
				}
			}
		}
		if area := r.Dx() * r.Dy(); bright < area/20 || dark < area/2 {
			t.Errorf("corner %d: of %d pixels %d are bright and %d dark", corner, area, bright, dark)
		}
	}
}

// Rotating and scaling a picture does not affect the texts.
func TestTextsAreUpright(t *testing.T) {
	img := grey(t, 480, 640)
	text := Drawing{Texts: []Text{{4, []string{"upright"}}}}
	want, _ := fittedPlanes(t, Options{}, Frame{Image: grey(t, 640, 480), Draw: text})
	for _, o := range []Options{{Rotate: 90}, {Rotate: 270, Flip: FlipHorizontal}, {Rotate: 90, Width: 640, Height: 480}} {
		got, _ := fittedPlanes(t, o, Frame{Image: img, Draw: text})
		if r := changed(want[0], got[0], 640); !r.Empty() {
			t.Errorf("%+v: the text differs in %v", o, r)
		}
	}
}

// The reference is a text that drawtext does not expand at all.
func TestHostileTextIsDrawnLiterally(t *testing.T) {
	const w, h = 640, 480
	dir := t.TempDir()
	img := filepath.Join(dir, "in.jpg")
	if err := os.WriteFile(img, grey(t, w, h), 0o600); err != nil {
		t.Fatal(err)
	}
	font := filepath.Join(dir, "font.ttf")
	if err := os.WriteFile(font, gomono.TTF, 0o600); err != nil {
		t.Fatal(err)
	}
	d := drawer{width: w, height: h}
	long := strings.Repeat("very long ", 1000)
	for _, tc := range [][2]string{
		{`%{n} %{pts} %{metadata:text2}`, ""},
		{`%{eif:1/0:d}`, ""},
		{`a:b=c,d;e[in]`, ""},
		{`it's "quoted" \n \\ \: %% %`, ""},
		{`%{`, ""},
		{"ünïcode Ж Ω", ""},
		{"emoji 🙂 漢字", ""},
		{"tab\tbell\anull\x00cr\rend", "tab bell null cr end"},
		{"bidi \u202eevil\u202c zero\u200bwidth", "bidi evil zerowidth"},
		{"bad utf-8: \xff\xfe", "bad utf-8: \ufffd\ufffd"},
		{"two\nlines", ""},
		{long, long[:d.columns()-1] + "…"},
	} {
		shown := tc[1]
		if shown == "" {
			shown = tc[0]
		}
		file := filepath.Join(dir, "text")
		if err := os.WriteFile(file, []byte(shown), 0o600); err != nil {
			t.Fatal(err)
		}
		want := runProgram(t, "ffmpeg", "-v", "error", "-i", img, "-vf", fmt.Sprintf(
			"scale=out_range=tv,format=yuv420p,drawtext=textfile=%s:expansion=none:fontfile=%s:fontsize=%d:x=%d:y=%d:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=%d:text_shaping=0",
			file, font, d.fontSize(), d.margin(), d.margin(), d.margin()/2), "-f", "rawvideo", "-")[:w*h]
		got, _ := fittedPlanes(t, Options{}, Frame{Image: grey(t, w, h), Draw: Drawing{Texts: []Text{{1, []string{tc[0]}}}}})
		if r := changed(want, got[0], w); !r.Empty() {
			t.Errorf("%.40q looks different in %v", tc[0], r)
		}
	}
}

func TestTextsOfBothSidesDoNotOverlap(t *testing.T) {
	d := drawer{width: 540, height: 960}
	f := astiav.AllocFrame()
	defer f.Free()
	long := strings.Repeat("x", d.columns()*2/3)
	if err := d.attach(f, Drawing{Texts: []Text{{0, []string{long}}, {2, []string{long}}, {3, []string{"a"}}, {4, []string{"b"}}}}, placement{}); err != nil {
		t.Fatal(err)
	}
	if d.texts != [corners + 1]bool{1: true, 3: true, 4: true} {
		t.Errorf("texts are in the corners %v", d.texts)
	}
}

// The figures follow the picture: a white spot is drawn into it, and the point in its middle and the box around it must be
// where the spot is in the video.
func TestFiguresFollowThePicture(t *testing.T) {
	const w, h = 320, 200
	spot := image.Rect(40, 30, 60, 50)
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.Black, image.Point{}, draw.Src)
	draw.Draw(img, spot, image.White, image.Point{}, draw.Src)
	picture := jpegOf(t, img)
	black := jpegOf(t, colourOf(image.NewGray(img.Bounds())))
	for _, rotate := range []int{0, 90, 180, 270} {
		for _, flip := range []string{"", FlipHorizontal, FlipVertical} {
			for _, size := range []image.Point{{}, {400, 400}, {96, 200}} {
				o := Options{Rotate: rotate, Flip: flip, Width: size.X, Height: size.Y}
				got, c := fittedPlanes(t, o, Frame{Image: picture}, Frame{Image: black},
					Frame{Image: black, Draw: Drawing{Boxes: []Box{{40, 30, 20, 20}}}},
					Frame{Image: black, Draw: Drawing{Points: [][2]float32{{50, 40}}}})
				seen := changed(got[0], got[1], c.width)
				box, point := changed(got[2], got[1], c.width), changed(got[3], got[1], c.width)
				if !near(seen.Min, box.Min) || !near(seen.Max, box.Max) {
					t.Errorf("%+v: the spot is in %v, the box round it in %v", o, seen, box)
				}
				middle, at := seen.Min.Add(seen.Max).Div(2), point.Min.Add(point.Max).Div(2)
				if !near(middle, at) || point.Dx() > 4 || point.Dx() < 2 {
					t.Errorf("%+v: the middle of the spot is %v, the point is in %v", o, middle, point)
				}
			}
		}
	}
}

func near(a, b image.Point) bool {
	d := a.Sub(b)
	return max(d.X, -d.X, d.Y, -d.Y) <= 2
}

// Pictures without a drawing are unchanged, even after one that had a drawing.
func TestDrawingsEnd(t *testing.T) {
	img := grey(t, 320, 240)
	full := Drawing{Texts: []Text{{2, []string{"a"}}}, Boxes: []Box{{10, 10, 50, 50}}, Points: [][2]float32{{100, 100}}}
	got, c := fittedPlanes(t, Options{}, Frame{Image: img}, Frame{Image: img, Draw: full}, Frame{Image: img})
	if r := changed(got[0], got[2], 320); !r.Empty() {
		t.Errorf("the picture after a drawing is changed in %v", r)
	}
	if changed(got[0], got[1], 320).Empty() || c.graph == nil {
		t.Error("nothing was drawn")
	}
	_, c = fittedPlanes(t, Options{}, Frame{Image: img}, Frame{Image: img})
	if c.graph != nil || c.drawer.font != nil {
		t.Error("pictures without drawings are filtered")
	}
}

func TestStrangeFigures(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	d := Drawing{
		Boxes:  []Box{{nan, 0, 1, 1}, {0, 0, inf, 1}, {-1e30, -1e30, 3e38, 3e38}, {0, 0, 0, 0}, {50, 50, -20, -20}, {-10, -10, 1000, 1000}},
		Points: [][2]float32{{nan, 1}, {inf, inf}, {-5, 5}, {1e38, 0}, {319.9, 239.9}},
	}
	for range 5000 {
		d.Points = append(d.Points, [2]float32{10, 10})
		d.Boxes = append(d.Boxes, Box{1, 1, 2, 2})
	}
	if _, err := json.Marshal(d.trimmed()); err != nil || len(d.trimmed().Points) > maxPoints {
		t.Errorf("%d points are left: %v", len(d.trimmed().Points), err)
	}
	got, _ := fittedPlanes(t, Options{}, Frame{Image: grey(t, 320, 240)}, Frame{Image: grey(t, 320, 240), Draw: d})
	if changed(got[0], got[1], 320).Empty() {
		t.Error("the good figures are not drawn")
	}
}

// Names and templates come from outside: the picture is drawn for any text.
func FuzzDraw(f *testing.F) {
	decode.SilenceFFmpeg()
	f.Add("%{metadata:text1}", 1, float32(1), float32(2))
	f.Add("it's\n\\ : %", 4, float32(-1e9), float32(1e9))
	f.Add("\xff\u202e\U0001f642", 0, float32(math.NaN()), float32(0))
	img := grey(f, 96, 64)
	f.Fuzz(func(t *testing.T, text string, corner int, x, y float32) {
		if corner < 0 || corner > corners {
			return
		}
		fittedPlanes(t, Options{Width: 128, Height: 96}, Frame{Image: img, Draw: Drawing{
			Texts:  []Text{{corner, []string{text, text}}},
			Boxes:  []Box{{x, y, y, x}},
			Points: [][2]float32{{x, y}},
		}})
	})
}
