package mediafile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/maruel/natural"
)

// Library is a Source that plays a folder of clips (videos, and folders of images) one after another.
type Library struct {
	files []string
	fps   float64
	clip  int           // index of the present one
	now   Source        // nil before the first and after the last
	base  time.Duration // when the present one began
	until time.Duration // when its present picture ends
}

// OpenLibrary opens a folder of clips, in natural name order; fps is as in Open.
func OpenLibrary(dir string, fps float64) (*Library, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open library: %w", err)
	}
	l := &Library{fps: fps, clip: -1}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !isImageName(e.Name()) {
			l.files = append(l.files, filepath.Join(dir, e.Name()))
		}
	}
	if len(l.files) == 0 {
		return nil, fmt.Errorf("open library: folder %s has no clips; put videos or folders of images of the person into it", dir)
	}
	slices.SortFunc(l.files, natural.Compare)
	return l, nil
}

// Next advances to the next picture, in the next clip after the last one of a clip.
func (l *Library) Next() (Timing, error) {
	for {
		if l.now != nil {
			t, err := l.now.Next()
			if err == nil {
				l.until = l.base + t.Until
				return Timing{PTS: l.base + t.PTS, Until: l.until}, nil
			}
			if !errors.Is(err, io.EOF) {
				return Timing{}, err
			}
			if err := l.Close(); err != nil {
				return Timing{}, err
			}
		}
		if l.clip+1 >= len(l.files) {
			return Timing{}, io.EOF
		}
		l.clip++
		l.base = l.until
		var err error
		if l.now, err = Open(l.files[l.clip], l.fps, false); err != nil {
			return Timing{}, fmt.Errorf("library: %s: %w", l.files[l.clip], err)
		}
	}
}

// Image returns the present picture, as Source does.
func (l *Library) Image() ([]byte, string, error) { return l.now.Image() }

// Clip returns the index of the current clip, or -1 before the first.
func (l *Library) Clip() int { return l.clip }

// Duration returns 0: it is unknown, because the clips are opened one by one.
func (l *Library) Duration() time.Duration { return 0 }

// Rewind returns to before the first clip.
func (l *Library) Rewind() error {
	err := l.Close()
	l.clip, l.base, l.until = -1, 0, 0
	return err
}

// Close closes the present clip.
func (l *Library) Close() error {
	if l.now == nil {
		return nil
	}
	err := l.now.Close()
	l.now = nil
	return err
}
