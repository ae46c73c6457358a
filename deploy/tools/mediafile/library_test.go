package mediafile

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// collection creates folders of images with the given number of images, as clips of one library.
func collection(t *testing.T, sizes ...int) string {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 16, 8)), nil); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for n, size := range sizes {
		clip := filepath.Join(dir, fmt.Sprintf("clip%d", n+1))
		if err := os.Mkdir(clip, 0o700); err != nil {
			t.Fatal(err)
		}
		for i := range size {
			if err := os.WriteFile(filepath.Join(clip, fmt.Sprintf("%d.jpg", i)), b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func TestLibraryPlaysClipsInTurn(t *testing.T) {
	dir := collection(t, 3, 1, 2)
	for _, name := range []string{"photo.jpg", ".hidden"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("no clip"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := OpenLibrary(dir, 5)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 2 {
		var clips []int
		for n := 0; ; n++ {
			at, err := l.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := time.Duration(n) * 200 * time.Millisecond; at.PTS != want || at.Until != want+200*time.Millisecond {
				t.Errorf("picture %d at %v to %v, want %v and 200 ms", n, at.PTS, at.Until, want)
			}
			if image, _, err := l.Image(); err != nil || len(image) == 0 {
				t.Errorf("picture %d: %d bytes, %v", n, len(image), err)
			}
			clips = append(clips, l.Clip())
		}
		if fmt.Sprint(clips) != "[0 0 0 1 2 2]" {
			t.Errorf("clips %v", clips)
		}
		if err := l.Rewind(); err != nil {
			t.Fatal(err)
		}
	}
}
