package modelstore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPullFromFolder builds zoo from the real files, twice: the second time nothing is written.
func TestPullFromFolder(t *testing.T) {
	shared, models := sharedModels(t), t.TempDir()
	if err := PullFrom(context.Background(), "zoo", shared, models, nil); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, models)
	if len(before) != 9 {
		t.Fatalf("found %v, want 8 weight files and pack.json", before)
	}
	if err := PullFrom(context.Background(), "zoo", filepath.Join(shared, "absent"), models, nil); err != nil {
		t.Fatalf("a complete pack needs no source: %v", err)
	}
	if after := snapshot(t, models); !equal(before, after) {
		t.Fatalf("files were touched again:\n%v\n%v", before, after)
	}
}

func TestPullFromIncompleteFolder(t *testing.T) {
	dir, models := t.TempDir(), t.TempDir()
	err := PullFrom(context.Background(), "zoo", dir, models, nil)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), filepath.Join(dir, "detector", "yunet_n_dynamic.onnx")) {
		t.Fatalf("error %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "detector"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "detector", "yunet_n_dynamic.onnx"), []byte("another"), 0o644); err != nil {
		t.Fatal(err)
	}
	err = PullFrom(context.Background(), "zoo", dir, models, nil)
	if err == nil || !strings.Contains(err.Error(), "(7 bytes, expected 322906)") {
		t.Fatalf("error %v", err)
	}
	if found := snapshot(t, models); len(found) != 0 {
		t.Fatalf("something landed: %v", found)
	}
	for _, pack := range []string{"base", "nonsense"} {
		if err := PullFrom(context.Background(), pack, dir, models, nil); err == nil {
			t.Errorf("pack %s was pulled", pack)
		}
	}
}

func sharedModels(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(moduleRoot(t), "..", "shared", "models")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no ../shared/models beside the checkout")
	}
	return dir
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the working directory")
		}
		dir = filepath.Dir(dir)
	}
}

// snapshot returns the modification time of every file below dir.
func snapshot(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	files := map[string]int64{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			files[path] = info.ModTime().UnixNano()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func equal(a, b map[string]int64) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}
