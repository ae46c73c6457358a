package stitch

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// probed is the output of the ffprobe program for a video file, with every frame decoded.
type probed struct {
	codec, tag, pixels, colourRange, matrix, transfer, primaries string
	width, height, keyFrames                                     int
	pts                                                          []time.Duration
	duration                                                     time.Duration
}

func probe(tb testing.TB, path string) probed {
	tb.Helper()
	out := runProgram(tb, "ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format",
		"-show_entries", "frame=pts_time,key_frame", "-show_frames", path)
	var doc struct {
		Frames []struct {
			PTSTime  string `json:"pts_time"`
			KeyFrame int    `json:"key_frame"`
		} `json:"frames"`
		Streams []struct {
			CodecName  string `json:"codec_name"`
			CodecTag   string `json:"codec_tag_string"`
			PixFmt     string `json:"pix_fmt"`
			Range      string `json:"color_range"`
			Matrix     string `json:"color_space"`
			Transfer   string `json:"color_transfer"`
			Primaries  string `json:"color_primaries"`
			Width      int    `json:"width"`
			Height     int    `json:"height"`
			HasBFrames int    `json:"has_b_frames"`
		} `json:"streams"`
		Format struct {
			Duration string `json:"duration"`
		} `json:"format"`
	}
	if err := json.Unmarshal(out, &doc); err != nil {
		tb.Fatal(err)
	}
	if len(doc.Streams) != 1 {
		tb.Fatalf("%s has %d streams, want 1", path, len(doc.Streams))
	}
	s := doc.Streams[0]
	p := probed{
		codec: s.CodecName, tag: s.CodecTag, pixels: s.PixFmt, colourRange: s.Range, matrix: s.Matrix,
		transfer: s.Transfer, primaries: s.Primaries, width: s.Width, height: s.Height,
		duration: seconds(tb, doc.Format.Duration),
	}
	for _, f := range doc.Frames {
		p.pts = append(p.pts, seconds(tb, f.PTSTime))
		p.keyFrames += f.KeyFrame
	}
	return p
}

func seconds(tb testing.TB, s string) time.Duration {
	tb.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return time.Duration(v * float64(time.Second))
}

// rawFrames decodes a file to frames of the given pixel format (3 bytes a pixel for rgb24, 1 for gray, which keeps the
// luma plane as it is in the file).
func rawFrames(tb testing.TB, path, pixels string, w, h int) [][]byte {
	tb.Helper()
	args := []string{"-v", "error", "-i", path, "-vsync", "passthrough", "-f", "rawvideo"}
	size := w * h
	if pixels == "gray" {
		args = append(args, "-vf", "extractplanes=y")
	} else {
		args = append(args, "-pix_fmt", pixels)
		size *= 3
	}
	out := runProgram(tb, "ffmpeg", append(args, "-")...)
	if len(out)%size != 0 {
		tb.Fatalf("%s decodes to %d bytes, which is not a multiple of a %dx%d frame", path, len(out), w, h)
	}
	var frames [][]byte
	for ; len(out) > 0; out = out[size:] {
		frames = append(frames, out[:size])
	}
	return frames
}

// marksIn decodes a file and reads the mark of each frame, where the marked picture fills r.
func marksIn(tb testing.TB, path string, w, h int, r image.Rectangle) []int {
	tb.Helper()
	var marks []int
	for _, f := range rawFrames(tb, path, "gray", w, h) {
		marks = append(marks, readMark(f, w, r))
	}
	return marks
}

func runProgram(tb testing.TB, name string, args ...string) []byte {
	tb.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		tb.Fatalf("%s %s: %v (the programs of FFmpeg 5.1 must be installed)\n%s", name, strings.Join(args, " "), err, &stderr)
	}
	return stdout.Bytes()
}

// topBoxes lists the top-level boxes of an mp4 file in order.
func topBoxes(tb testing.TB, path string) []string {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	var names []string
	for len(data) >= 8 {
		size := binary.BigEndian.Uint32(data)
		names = append(names, string(data[4:8]))
		if size < 8 || int(size) > len(data) {
			tb.Fatalf("%s: box %s has the bad size %d", path, names[len(names)-1], size)
		}
		data = data[size:]
	}
	return names
}
