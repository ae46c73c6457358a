package vision

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
)

// clip takes frames of a test video, as many a second as fps says.
func clip(tb testing.TB, name string, fps int) []*Image {
	tb.Helper()
	path := filepath.Join(faces(tb), "video", name)
	dir := tb.TempDir()
	cmd := exec.Command("ffmpeg", "-loglevel", "error", "-i", path, "-vf", fmt.Sprintf("fps=%d", fps), "-q:v", "3", filepath.Join(dir, "%04d.jpg"))
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("ffmpeg: %v: %s", err, out)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.jpg"))
	d := NewDecoder(1 << 26)
	defer d.Close()
	var frames []*Image
	for _, f := range files {
		img := &Image{}
		if err := d.Decode(readFile(tb, f), img); err != nil {
			tb.Fatal(err)
		}
		frames = append(frames, img)
	}
	return frames
}
