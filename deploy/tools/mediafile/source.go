// Package mediafile reads videos, folders of images and single images as a row of JPEG or PNG pictures with times.
package mediafile

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas/imagefile"
)

// Timing is the time at which a picture of a source is shown, counted from the first one.
type Timing struct {
	PTS   time.Duration // when it appears
	Until time.Duration // when the picture after it appears; more than PTS
}

// Source reads pictures in the order in which they are shown. It works like a scanner: Next advances, and Image returns the
// present picture. It is for one goroutine.
type Source interface {
	// Next advances to the next picture. It returns io.EOF after the last one.
	Next() (Timing, error)
	// Image returns the present picture as the bytes of a JPEG or PNG file, with its media type ("image/jpeg" or "image/png").
	// Pictures that are skipped are not encoded.
	Image() (image []byte, mediaType string, err error)
	// Duration returns the duration of all pictures together, 0 when unknown.
	Duration() time.Duration
	// Rewind returns to before the first picture.
	Rewind() error
	// Close releases the resources of the source.
	Close() error
}

// defaultFPS is the rate of pictures without times of their own.
const defaultFPS = 10

// Open opens a video file of any format that FFmpeg reads, a folder of images (in natural name order), or one image. JPEG and
// PNG images are returned as they are, byte for byte. fps above 0 is the rate of a folder, or the rate to which a video is
// resampled; at 0, a folder has 10 pictures a second. With loop, the source starts again when it ends.
func Open(path string, fps float64, loop bool) (Source, error) {
	src, err := open(path, fps)
	if err != nil {
		return nil, err
	}
	if loop {
		src = &looped{Source: src}
	}
	return src, nil
}

func open(path string, fps float64) (Source, error) {
	if fps < 0 || fps > 1000 {
		return nil, fmt.Errorf("fps is %v: use 0 (the rate of the source) to 1000", fps)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open source: %w", err)
	}
	if info.IsDir() {
		return openFolder(path, fps)
	}
	still := isImageName(path)
	if !still {
		mediaType, err := stillType(path)
		if err != nil {
			return nil, fmt.Errorf("open source: %w", err)
		}
		still = mediaType != ""
	}
	if still {
		return &folder{files: []string{path}, fps: pace(fps), at: -1}, nil
	}
	v, err := openVideo(path)
	if err != nil {
		return nil, err
	}
	if fps > 0 {
		return &resampled{Source: v, fps: fps}, nil
	}
	return v, nil
}

func pace(fps float64) float64 {
	if fps > 0 {
		return fps
	}
	return defaultFPS
}

// stillType returns the media type of a file that is sent as it is, from its first bytes or, failing that, from its name, so
// that a broken .jpg reaches the server, which reports what is wrong. It returns "" for a file that FFmpeg must read.
func stillType(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, imagefile.MagicLength)
	n, err := f.Read(head)
	if err != nil && n == 0 {
		return "", errors.Join(err, fmt.Errorf("%s is empty or cannot be read", path))
	}
	return cmp.Or(imagefile.Detect(head[:n]), imagefile.OfName(path)).MediaType(), nil
}

// isImageName reports whether a file is an image by its name; a GIF may be animated and counts as a video.
func isImageName(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".jp2", ".avif":
		return true
	}
	return imagefile.OfName(path) != 0
}
