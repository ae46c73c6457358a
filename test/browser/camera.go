package browser

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Camera converts any video or picture that FFmpeg reads into a file for
// Options.Camera, which is removed when the test ends. Chromium plays it in a
// loop at its own rate. Extra FFmpeg output arguments may follow, such as
// "-t", "2" or "-vf", "scale=640:-2".
func Camera(t testing.TB, source string, args ...string) string {
	t.Helper()
	return convert(t, append([]string{"-i", source}, args...))
}

// Synthetic returns a camera of the given size that shows no face: the left half
// of its unmirrored picture is red, the right half blue, and a white bar moves
// so that no two pictures are alike.
func Synthetic(t testing.TB, size string) string {
	t.Helper()
	filter := "color=red:s=" + size + ":r=15:d=2[r];color=blue:s=" + size + ":r=15[b];color=white:s=16x16:r=15[w];" +
		"[r][b]overlay=x=W/2:shortest=1[rb];[rb][w]overlay=x=t*40:y=H-16:shortest=1[v]"
	return convert(t, []string{"-filter_complex", filter, "-map", "[v]"})
}

func convert(t testing.TB, args []string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "camera.mjpeg")
	all := append([]string{"-v", "error", "-nostdin", "-y"}, args...)
	all = append(all, "-an", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3", "-f", "mjpeg", file)
	if out, err := exec.Command("ffmpeg", all...).CombinedOutput(); err != nil {
		t.Fatalf("make the camera file with ffmpeg: %v\n%s", err, out)
	}
	return file
}

// Root returns the root of the repository: the nearest parent folder with a go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the test's folder")
	return ""
}

// FaceVideo returns the path of a shared face video, beside the repository. It
// skips the test when the shared media are missing.
func FaceVideo(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(Root(t), "..", "shared", "faces", "video", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the shared face videos are not here: %v", err)
	}
	return path
}
