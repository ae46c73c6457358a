package mediafile

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/maruel/natural"
)

// folder is a row of image files at a constant rate.
type folder struct {
	files []string
	fps   float64
	at    int // index of the present file
}

func openFolder(path string, fps float64) (Source, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("open source: %w", err)
	}
	f := &folder{fps: pace(fps), at: -1}
	for _, e := range entries {
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && (isImageName(e.Name()) || strings.EqualFold(filepath.Ext(e.Name()), ".gif")) {
			f.files = append(f.files, filepath.Join(path, e.Name()))
		}
	}
	if len(f.files) == 0 {
		return nil, fmt.Errorf("open source: folder %s has no images; name a folder with JPEG, PNG or other image files", path)
	}
	slices.SortFunc(f.files, natural.Compare)
	return f, nil
}

func (f *folder) Next() (Timing, error) {
	if f.at+1 >= len(f.files) {
		return Timing{}, io.EOF
	}
	f.at++
	return Timing{PTS: f.time(f.at), Until: f.time(f.at + 1)}, nil
}

func (f *folder) time(n int) time.Duration {
	return time.Duration(float64(n) / f.fps * float64(time.Second))
}

func (f *folder) Image() ([]byte, string, error) {
	path := f.files[f.at]
	mediaType, err := stillType(path)
	if err != nil {
		return nil, "", err
	}
	if mediaType != "" {
		image, err := os.ReadFile(path)
		return image, mediaType, err
	}
	v, err := openVideo(path) // its first picture
	if err != nil {
		return nil, "", err
	}
	defer v.Close()
	if _, err := v.Next(); err != nil {
		return nil, "", fmt.Errorf("%s has no picture: %w", path, err)
	}
	return v.Image()
}

func (f *folder) Duration() time.Duration { return f.time(len(f.files)) }

func (f *folder) Rewind() error {
	f.at = -1
	return nil
}

func (f *folder) Close() error { return nil }
