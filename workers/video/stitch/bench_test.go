package stitch

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// The frames of a real face video, through Stitch and through the ffmpeg program with the same encoder and options.
func BenchmarkStitch(b *testing.B) {
	dir := b.TempDir()
	video := sharedFile(b, "faces/video/real_zub_webcam_turns.webm")
	runProgram(b, "ffmpeg", "-v", "error", "-i", video, "-q:v", "3", filepath.Join(dir, "%04d.jpg"))
	files, err := filepath.Glob(filepath.Join(dir, "*.jpg"))
	if err != nil {
		b.Fatal(err)
	}
	const rate = 30
	var images [][]byte
	for _, f := range files {
		img, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		images = append(images, img)
	}
	frames := steady(time.Second/rate, images...)
	for _, c := range allCodecs {
		out := filepath.Join(dir, "out"+c.Ext())
		b.Run(string(c)+"/stitch", func(b *testing.B) {
			var res Result
			for b.Loop() {
				res = mustStitch(b, frames, Options{Codec: c, Path: out})
			}
			b.ReportMetric(float64(len(frames)*b.N)/b.Elapsed().Seconds(), "frames/s")
			b.ReportMetric(float64(res.Bytes), "file-bytes")
		})
		opts := Options{Codec: c}
		args := []string{
			"-v", "error", "-y", "-framerate", strconv.Itoa(rate), "-i", filepath.Join(dir, "%04d.jpg"),
			"-vf", "scale=out_range=tv:out_color_matrix=bt601,format=yuv420p", "-c:v", profiles[c].encoder,
		}
		for k, v := range opts.encoderOptions() {
			args = append(args, "-"+k, v)
		}
		for k, v := range opts.muxerOptions() {
			args = append(args, "-"+k, v)
		}
		b.Run(string(c)+"/ffmpeg", func(b *testing.B) {
			for b.Loop() {
				runProgram(b, "ffmpeg", append(args, out)...)
			}
			b.ReportMetric(float64(len(frames)*b.N)/b.Elapsed().Seconds(), "frames/s")
			if info, err := os.Stat(out); err == nil {
				b.ReportMetric(float64(info.Size()), "file-bytes")
			}
		})
	}
}

// sharedFile finds a test file in the folder ../shared beside the repository root.
func sharedFile(tb testing.TB, name string) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(dir) == dir {
			tb.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(dir, "..", "shared", name)
	if _, err := os.Stat(path); err != nil {
		tb.Skipf("the test media are not beside the repository: %v", err)
	}
	return path
}
