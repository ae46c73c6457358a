package vision

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// repositoryRoot walks up to go.mod.
func repositoryRoot(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	tb.Fatal("no go.mod above the working directory")
	return ""
}

// faces returns the folder of test pictures, which lies beside the repository.
func faces(tb testing.TB) string {
	tb.Helper()
	dir := filepath.Join(filepath.Dir(repositoryRoot(tb)), "shared", "faces")
	if _, err := os.Stat(dir); err != nil {
		tb.Skip("no test pictures: ../shared/faces is not there")
	}
	return dir
}

var shared struct {
	sync.Mutex
	models map[string]*Models
}

// pickPack loads a pack of the checkout once for all tests; they skip when it was not made.
func pickPack(tb testing.TB, name string) *Models {
	tb.Helper()
	shared.Lock()
	defer shared.Unlock()
	if m := shared.models[name]; m != nil {
		return m
	}
	packs := filepath.Join(repositoryRoot(tb), "workers", "vision", "packs")
	cfg := Config{Library: filepath.Join(packs, "lib", "libonnxruntime.so.1"), Pack: filepath.Join(packs, name)}
	for _, path := range []string{cfg.Library, filepath.Join(cfg.Pack, "pack.json")} {
		if _, err := os.Stat(path); err != nil {
			tb.Skipf("the pack %s is not built: %v; run `make setup`", name, err)
		}
	}
	m, err := Open(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	if shared.models == nil {
		shared.models = map[string]*Models{}
	}
	shared.models[name] = m
	return m
}

// eachPack runs a test with both packs.
func eachPack(t *testing.T, test func(t *testing.T, m *Models)) {
	for _, name := range []string{"zoo", "base"} {
		t.Run(name, func(t *testing.T) { test(t, pickPack(t, name)) })
	}
}

func readFile(tb testing.TB, path string) []byte {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// picture decodes a file below the folder of test pictures.
func picture(tb testing.TB, name string) *Image {
	tb.Helper()
	d := NewDecoder(1 << 26)
	defer d.Close()
	img := &Image{}
	if err := d.Decode(readFile(tb, filepath.Join(faces(tb), name)), img); err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	return img
}

// largest finds the main face.
func largest(tb testing.TB, m *Models, img *Image, name string) Detection {
	tb.Helper()
	found, err := m.Detect(img, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if len(found) == 0 {
		tb.Fatalf("%s: no face found", name)
	}
	return found[0]
}

func measured(tb testing.TB, m *Models, name string) Measurement {
	tb.Helper()
	img := picture(tb, name)
	var out Measurement
	if err := m.Measure(img, largest(tb, m, img, name), &out); err != nil {
		tb.Fatal(err)
	}
	return out
}
