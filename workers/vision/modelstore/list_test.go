package modelstore

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

func TestList(t *testing.T) {
	shared, models := sharedModels(t), t.TempDir()
	packs, err := List(filepath.Join(models, "absent"))
	if err != nil || len(packs) != 2 || packs[0].Name != "base" || packs[1].Name != "zoo" || packs[1].Installed {
		t.Fatalf("%+v, %v", packs, err)
	}
	if err := PullFrom(context.Background(), "zoo", shared, models, nil); err != nil {
		t.Fatal(err)
	}
	zoo := func() Pack {
		t.Helper()
		packs, err := List(models)
		if err != nil || len(packs) != 2 {
			t.Fatalf("%+v, %v", packs, err)
		}
		return packs[1]
	}
	if p := zoo(); !p.Installed || len(p.Files) != 8 || p.Files[0].Role != "antispoof" || p.Files[0].Licence != "Apache-2.0" {
		t.Fatalf("%+v", p)
	}
	if err := os.WriteFile(filepath.Join(models, "zoo", "yunet_n_dynamic.onnx"), []byte("spoilt"), 0o644); err != nil {
		t.Fatal(err)
	}
	if p := zoo(); p.Installed || p.Problem != "file yunet_n_dynamic.onnx is changed" {
		t.Fatalf("%+v", p)
	}
	if err := os.Remove(filepath.Join(models, "zoo", "yunet_n_dynamic.onnx")); err != nil {
		t.Fatal(err)
	}
	if p := zoo(); p.Installed || p.Problem != "file yunet_n_dynamic.onnx is missing" {
		t.Fatalf("%+v", p)
	}
	if err := os.WriteFile(filepath.Join(models, "zoo", "pack.json"), []byte(`{"roles":{"detector":{"files":["../x"],"sha256":[""],"licence":[""]}}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if p := zoo(); p.Installed || p.Problem == "" {
		t.Fatalf("%+v", p)
	}
}

func TestDir(t *testing.T) {
	t.Setenv("SELENE_MODELS", "/somewhere")
	if d := Dir(); d != "/somewhere" {
		t.Fatal(d)
	}
	t.Setenv("SELENE_MODELS", "")
	if d, want := Dir(), filepath.Join(moduleRoot(t), "workers", "vision", "packs"); d != want {
		t.Fatalf("%s, expected %s", d, want)
	}
	t.Chdir(t.TempDir())
	if d := Dir(); d != "/usr/share/selene/models" {
		t.Fatal(d)
	}
}
