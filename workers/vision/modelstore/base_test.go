package modelstore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/workers/vision/tfjs"
)

// TestImportBase creates the pack from the npm packages; the importer must give the digests that base.json states.
func TestImportBase(t *testing.T) {
	npm, models := filepath.Join(moduleRoot(t), "workers", "vision"), t.TempDir()
	if !isDir(filepath.Join(npm, "node_modules")) {
		t.Skip("no workers/vision/node_modules: run npm ci there")
	}
	if err := ImportBase(npm, models, tfjs.Convert); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, models)
	if len(before) != 7 {
		t.Fatalf("the library, 5 networks and pack.json expected, found %v", before)
	}
	if err := ImportBase(filepath.Join(npm, "absent"), models, tfjs.Convert); err != nil {
		t.Fatalf("a complete pack needs no source: %v", err)
	}
	if after := snapshot(t, models); !equal(before, after) {
		t.Fatalf("files were touched again:\n%v\n%v", before, after)
	}
	iris := filepath.Join(models, "base", "iris.onnx")
	if err := os.WriteFile(iris, []byte("spoilt"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := ImportBase(filepath.Join(npm, "node_modules"), models, tfjs.Convert); err != nil {
		t.Fatal(err)
	}
	after := snapshot(t, models)
	for path, at := range before {
		if changed := after[path] != at; changed != (path == iris) {
			t.Errorf("%s written again: %t", path, changed)
		}
	}
}

func TestImportBaseWithoutPackages(t *testing.T) {
	models := t.TempDir()
	err := ImportBase(t.TempDir(), models, tfjs.Convert)
	if err == nil || !strings.Contains(err.Error(), "npm ci") || !strings.Contains(err.Error(), "libonnxruntime.so.1") {
		t.Fatalf("error %v", err)
	}
	npm := t.TempDir()
	d, err := parseDescription(baseJSON)
	if err != nil {
		t.Fatal(err)
	}
	for _, lib := range d.Library {
		other := filepath.Join(npm, filepath.FromSlash(lib.Path))
		if err := os.MkdirAll(filepath.Dir(other), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(other, []byte("another version"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := ImportBase(npm, models, tfjs.Convert); err == nil || !strings.Contains(err.Error(), "not the expected version") {
		t.Fatalf("error %v", err)
	}
	if found := snapshot(t, models); len(found) != 0 {
		t.Fatalf("something landed: %v", found)
	}
}

// TestInstallBase copies an imported pack, keeps complete files, and names incomplete ones.
func TestInstallBase(t *testing.T) {
	from, models := filepath.Join(moduleRoot(t), "workers", "vision", "packs"), t.TempDir()
	if _, err := os.Stat(filepath.Join(from, "base", "pack.json")); err != nil {
		t.Skip("no workers/vision/packs/base: run make models")
	}
	if err := InstallBase(from, models); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, models)
	if len(before) != 7 {
		t.Fatalf("the library, 5 networks and pack.json expected, found %v", before)
	}
	if err := InstallBase(t.TempDir(), models); err != nil {
		t.Errorf("a complete pack needs no source: %v", err)
	}
	if after := snapshot(t, models); !equal(before, after) {
		t.Errorf("files were touched again:\n%v\n%v", before, after)
	}
	if err := os.WriteFile(filepath.Join(models, "base", "iris.onnx"), []byte("spoilt"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := InstallBase(t.TempDir(), models); err == nil || !strings.Contains(err.Error(), "iris.onnx") || !strings.Contains(err.Error(), "make models") {
		t.Errorf("error %v", err)
	}
}
