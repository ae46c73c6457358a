package replay

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// folder is a row of image files at a constant pace.
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
		return nil, fmt.Errorf("open source: folder %s holds no images; name a folder with JPEG, PNG or other image files", path)
	}
	slices.SortFunc(f.files, naturalCompare)
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
		return nil, "", fmt.Errorf("%s: no picture in it: %w", path, err)
	}
	return v.Image()
}

func (f *folder) Duration() time.Duration { return f.time(len(f.files)) }

func (f *folder) Rewind() error {
	f.at = -1
	return nil
}

func (f *folder) Close() error { return nil }

// naturalCompare orders names as people count: 2.jpg before 10.jpg.
func naturalCompare(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		if isDigit(x[0]) && isDigit(y[0]) {
			var n, m string
			n, x = leadingNumber(x)
			m, y = leadingNumber(y)
			if len(n) != len(m) {
				return len(n) - len(m)
			}
			if c := strings.Compare(n, m); c != 0 {
				return c
			}
			continue
		}
		if x[0] != y[0] {
			return int(x[0]) - int(y[0])
		}
		x, y = x[1:], y[1:]
	}
	if c := len(x) - len(y); c != 0 {
		return c
	}
	return strings.Compare(a, b) // equal but for leading zeros
}

// leadingNumber cuts off the digits at the start, without leading zeros.
func leadingNumber(s string) (number, rest string) {
	end := 0
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	return strings.TrimLeft(s[:end], "0"), s[end:]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
