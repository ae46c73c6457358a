// Package workertest provides tests with real models, faces and frames of clips. Tests are skipped if these are missing: `make
// setup` creates the packs, and the pictures are in ../shared/faces next to the repository.
package workertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/vision/modelstore"
)

var opened struct {
	sync.Mutex
	models map[string]*vision.Models
}

// Models loads every role of a pack, once for all tests of the process.
func Models(t testing.TB, pack string) *vision.Models {
	t.Helper()
	opened.Lock()
	defer opened.Unlock()
	if m := opened.models[pack]; m != nil {
		return m
	}
	dir := modelstore.Dir()
	c := vision.Config{Library: modelstore.LibraryPath(dir), Pack: filepath.Join(dir, pack)}
	for _, path := range []string{c.Library, filepath.Join(c.Pack, "pack.json")} {
		if _, err := os.Stat(path); err != nil {
			t.Skipf("model pack %s does not exist: %v; run `make setup`", pack, err)
		}
	}
	m, err := vision.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if opened.models == nil {
		opened.models = map[string]*vision.Models{}
	}
	opened.models[pack] = m
	return m
}

// EachPack runs a test with both packs.
func EachPack(t *testing.T, test func(*testing.T, *vision.Models)) {
	for _, pack := range []string{"zoo", "base"} {
		t.Run(pack, func(t *testing.T) { test(t, Models(t, pack)) })
	}
}

// Path returns the path of a file below ../shared/faces, such as "conditions/frontal_zub.jpg".
func Path(t testing.TB, name string) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			t.Fatal("no go.mod above the working directory")
		}
	}
	faces := filepath.Join(filepath.Dir(root), "shared", "faces")
	if _, err := os.Stat(faces); err != nil {
		t.Skip("no test pictures: ../shared/faces does not exist")
	}
	return filepath.Join(faces, filepath.FromSlash(name))
}

// Picture returns the bytes of an image below ../shared/faces.
func Picture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Clip returns the frames of a video below ../shared/faces/video as JPEG, fps per second and at most most.
func Clip(t testing.TB, name string, fps float64, most int) [][]byte {
	t.Helper()
	return JPEGs(t, Path(t, "video/"+name), fmt.Sprintf("fps=%v", fps), most)
}

// JPEGs runs the pictures of a file through an FFmpeg filter and returns at most most JPEG pictures.
func JPEGs(t testing.TB, path, filter string, most int) [][]byte {
	t.Helper()
	dir := t.TempDir()
	ffmpeg := exec.Command("ffmpeg", "-v", "error", "-threads", "1", "-i", path, "-vf", filter,
		"-frames:v", fmt.Sprint(most), "-pix_fmt", "yuvj420p", "-q:v", "2", filepath.Join(dir, "%04d.jpg"))
	if text, err := ffmpeg.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %s: %v: %s", path, err, text)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jpg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("ffmpeg created no picture of %s: %v", path, err)
	}
	var out [][]byte
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, data)
	}
	return out
}

// Face returns the largest face of an image as the detector would send it to w, with pose, sharpness and crops, or nil if there is no face.
func Face(t testing.TB, m *vision.Models, image []byte, w workers.Worker) *schemas.Face {
	t.Helper()
	decoder := vision.NewDecoder(1 << 26)
	defer decoder.Close()
	var img vision.Image
	if err := decoder.Decode(image, &img); err != nil {
		t.Fatal(err)
	}
	found, err := m.Detect(&img, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		return nil
	}
	var measured vision.Measurement
	if err := m.Measure(&img, found[0], &measured); err != nil {
		t.Fatal(err)
	}
	f := &schemas.Face{Version: schemas.Version, Estimations: &schemas.Estimations{
		ImageQuality: &schemas.ImageQuality{Blur: vision.MeasureQuality(&img, found[0].Box).Blur},
	}}
	if measured.HasPose {
		f.Estimations.HeadPose = &schemas.HeadPose{Yaw: float64(measured.Yaw), Pitch: float64(measured.Pitch), Roll: float64(measured.Roll)}
	}
	if c, ok := w.(workers.Cropper); ok {
		for _, crop := range c.Crops() {
			f.Crops = append(f.Crops, Cut(&img, found[0], w.Name(), crop))
		}
	}
	return f
}

// Cut returns the crop that a worker requests.
func Cut(img *vision.Image, face vision.Detection, worker string, c schemas.CropSpec) *schemas.Crop {
	return &schemas.Crop{
		Name: workers.CropName(worker, c.Name), Width: uint32(c.Width), Height: uint32(c.Height), Color: c.Color,
		Pixels: vision.Cut(img, face, c, nil),
	}
}

// Settings returns a document completed with the defaults.
func Settings(t testing.TB, document string) *schemas.Settings {
	t.Helper()
	s, err := schemas.ParseSettings([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
