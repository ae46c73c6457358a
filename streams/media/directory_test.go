package media_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/selene-liveness/selene/streams/media"
)

var putOptions = minio.PutObjectOptions{ContentType: "video/mp4"}

func directory(t testing.TB) subject {
	dir := t.TempDir()
	return subject{
		store: open(t, media.Config{Store: media.StoreDirectory, Dir: dir}),
		leave: func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, "video", ".a.mp4.17.tmp"), []byte("a piece"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		left: func(t *testing.T) (n int) {
			for _, path := range files(t, dir) {
				if strings.HasSuffix(path, ".tmp") {
					n++
				}
			}
			return n
		},
	}
}

func files(t testing.TB, dir string) (paths []string) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			paths = append(paths, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return paths
}

// The folder has only complete files with plain names, readable by the group.
func TestFilesOfTheDirectory(t *testing.T) {
	dir := t.TempDir()
	store := open(t, media.Config{Store: media.StoreDirectory, Dir: filepath.Join(dir, "made", "here")})
	put(t, store, "video/2026-11-21/a.mp4", "video/mp4", []byte("film"))
	put(t, store, "bestshot/a", "image/png", []byte("face"))
	want := []string{"made/here/bestshot/.a.type", "made/here/bestshot/a", "made/here/video/2026-11-21/a.mp4"}
	if got := files(t, dir); !slices.Equal(got, want) {
		t.Errorf("files: %v, want %v", got, want)
	}
	data, err := os.ReadFile(filepath.Join(dir, want[2]))
	if err != nil || string(data) != "film" {
		t.Errorf("the video is %q, %v", data, err)
	}
	stat, err := os.Stat(filepath.Join(dir, want[2]))
	if err != nil || stat.Mode().Perm()&0o007 != 0 {
		t.Errorf("other users can read the video: %v, %v", stat.Mode(), err)
	}
	for _, name := range []string{"video/2026-11-21/a.mp4", "bestshot/a"} {
		if err := store.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	left, err := os.ReadDir(filepath.Join(dir, "made", "here"))
	if err != nil || len(left) > 0 {
		t.Errorf("folders left: %v, %v", left, err)
	}
}

// Links that lead out of the folder are not followed.
func TestLinksOutOfTheDirectory(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	store := open(t, media.Config{Store: media.StoreDirectory, Dir: dir})
	secret := filepath.Join(outside, "secret")
	err := os.WriteFile(secret, []byte("secret"), 0o600)
	if err == nil {
		err = errors.Join(os.Symlink(secret, filepath.Join(dir, "link")), os.Symlink(outside, filepath.Join(dir, "video")))
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"link", "video/secret"} {
		if o, err := store.Open(t.Context(), name); err == nil {
			t.Errorf("%s: opened %+v", name, o.Info)
		}
	}
	if err := store.Put(t.Context(), "video/new", "x/y", strings.NewReader("x")); err == nil {
		t.Error("written outside the folder")
	}
	if got := list(t, store, ""); len(got) > 0 {
		t.Errorf("listed %v", got)
	}
}

func TestSidecarsWithoutAnObject(t *testing.T) {
	dir := t.TempDir()
	store := open(t, media.Config{Store: media.StoreDirectory, Dir: dir})
	put(t, store, "bestshot/a", "image/png", []byte("face"))
	if err := os.Remove(filepath.Join(dir, "bestshot", "a")); err != nil {
		t.Fatal(err)
	}
	if err := store.Clean(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := files(t, dir); len(got) > 0 {
		t.Errorf("left: %v", got)
	}
}
