// Package videotest draws numbers into pictures for tests, and reads them back from videos.
package videotest

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// The number is a grid of black and white blocks over the whole picture, lowest bit first, so that it survives scaling and
// compression. The last two blocks are always white and black.
const (
	columns = 4
	rows    = 3
	bits    = columns*rows - 2
)

// Numbers is the number of different numbers.
const Numbers = 1 << bits

// Marked returns a JPEG of w x h pixels that shows number modulo Numbers.
func Marked(t testing.TB, number, w, h int) []byte {
	t.Helper()
	blocks := number%Numbers | 1<<bits
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			shade := color.RGBA{20, 20, 20, 255}
			if blocks>>(y*rows/h*columns+x*columns/w)&1 == 1 {
				shade = color.RGBA{235, 235, 235, 255}
			}
			img.SetRGBA(x, y, shade)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Video is a video file as ffprobe and ffmpeg read it, with every frame decoded.
type Video struct {
	Codec, Tag    string
	Width, Height int
	PTS           []time.Duration
	Luma          [][]byte // of each frame, Width x Height
	Duration      time.Duration
}

// Read decodes a video file.
func Read(t testing.TB, file []byte) Video {
	t.Helper()
	path := filepath.Join(t.TempDir(), "video")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Frames []struct {
			PTS string `json:"pts_time"`
		}
		Streams []struct {
			Codec  string `json:"codec_name"`
			Tag    string `json:"codec_tag_string"`
			Width  int
			Height int
		}
		Format struct{ Duration string }
	}
	out := run(t, "ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", "-show_frames", path)
	if err := json.Unmarshal(out, &doc); err != nil || len(doc.Streams) != 1 {
		t.Fatalf("ffprobe says %s (%v)", out, err)
	}
	s := doc.Streams[0]
	v := Video{Codec: s.Codec, Tag: s.Tag, Width: s.Width, Height: s.Height, Duration: seconds(t, doc.Format.Duration)}
	for _, f := range doc.Frames {
		v.PTS = append(v.PTS, seconds(t, f.PTS))
	}
	raw := run(t, "ffmpeg", "-v", "error", "-i", path, "-vsync", "passthrough", "-vf", "extractplanes=y", "-f", "rawvideo", "-")
	for size := s.Width * s.Height; len(raw) >= size; raw = raw[size:] {
		v.Luma = append(v.Luma, raw[:size])
	}
	if len(raw) != 0 || len(v.Luma) != len(v.PTS) {
		t.Fatalf("%d frames decode to %d and %d bytes more", len(v.PTS), len(v.Luma), len(raw))
	}
	return v
}

// Marks returns the numbers in the frames, where the marked pictures fill the frame; -1 for a frame without a number.
func (v Video) Marks() []int {
	var out []int
	for n := range v.Luma {
		out = append(out, v.MarkIn(n, image.Rect(0, 0, v.Width, v.Height)))
	}
	return out
}

// MarkIn returns the number in a part of a frame, or -1.
func (v Video) MarkIn(frame int, r image.Rectangle) int {
	number := 0
	for i := range columns * rows {
		x, y := r.Min.X+(2*(i%columns)+1)*r.Dx()/(2*columns), r.Min.Y+(2*(i/columns)+1)*r.Dy()/(2*rows)
		if v.Luma[frame][y*v.Width+x] > 128 {
			number |= 1 << i
		}
	}
	if number>>bits != 1 {
		return -1
	}
	return number & (Numbers - 1)
}

func seconds(t testing.TB, s string) time.Duration {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(v * float64(time.Second))
}

func run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, &said)
	}
	return out
}
